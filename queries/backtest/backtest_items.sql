-- One row per evaluated item and model whose call is in the logs: what it cost, whether it was right, and its fold.
--
-- grain:  workload_id, provider, model_id, item_id
-- method: M 10.2 (fold: SHA-256 of the item's id, mod 5; part: how much of the training set a share of it takes)
-- A call says which item it answers by its trace. 16 is 1 in arithmetic mod 5, so a hash mod 5 is the sum of its digits mod 5.
with calls as (
    select
        priced.workload_id,
        priced.provider,
        priced.billed_model_id as model_id,
        requests.x_trace_id as item_id,
        cast(sum(priced.cost_usd) as decimal(38, 12)) as cost_usd
    from requests_priced as priced
    inner join requests on requests.x_record_id = priced.x_record_id and requests.event_date = priced.event_date
    where requests.x_trace_id is not null and priced.cost_usd is not null
    group by priced.workload_id, priced.provider, priced.billed_model_id, requests.x_trace_id
),

scored as (
    select
        workload_id, provider, model_id, item_id, value, eval_set, method, rubric, scored_on,
        encode(sha256(item_id), 'hex') as digest,
        row_number() over (
            partition by workload_id, provider, model_id, item_id order by scored_on desc, eval_set, method, rubric, run_id
        ) as place
    from int_evidence_items
    where adaptation = 'none' and split_rule = '' and value is not null and not is_contradicted
)

select
    scored.workload_id,
    scored.provider,
    scored.model_id,
    scored.item_id,
    scored.eval_set,
    scored.method,
    scored.rubric,
    scored.scored_on,
    scored.value,
    calls.cost_usd,
    (
        1 * (64 - length(replace(digest, '1', ''))) + 2 * (64 - length(replace(digest, '2', '')))
        + 3 * (64 - length(replace(digest, '3', ''))) + 4 * (64 - length(replace(digest, '4', '')))
        + 6 * (64 - length(replace(digest, '6', ''))) + 7 * (64 - length(replace(digest, '7', '')))
        + 8 * (64 - length(replace(digest, '8', ''))) + 9 * (64 - length(replace(digest, '9', '')))
        + 11 * (64 - length(replace(digest, 'b', ''))) + 12 * (64 - length(replace(digest, 'c', '')))
        + 13 * (64 - length(replace(digest, 'd', ''))) + 14 * (64 - length(replace(digest, 'e', '')))
    ) % 5 as fold,
    -- 26, 38, 64 and 128 of 256: about 10, 15, 25 and 50 hundredths.
    case when digest < '1a' then 1 when digest < '40' then 2 when digest < '80' then 3 else 4 end as part
from scored
inner join calls
    on calls.workload_id = scored.workload_id and calls.provider = scored.provider and calls.model_id = scored.model_id
    and calls.item_id = scored.item_id
where scored.place = 1
