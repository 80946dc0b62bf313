-- One row per workload, candidate and rule under which it may be good enough where it is not on all calls.
--
-- grain:  workload_id, provider, model_id, split_rule
-- by_workload: yes
-- method: M 4.3 (rules from quality strata), 4.5 (they prove nothing: evidence has to come from calls under the rule, so a rule
--         that was found in an evaluation asks for another one, and one that an evaluation names is proposed)
with measured as (
    select distinct workload_id from int_evidence_items where input_tokens is not null
),

scored as (
    select
        items.workload_id, items.eval_set, items.method, items.rubric, items.item_id, items.provider, items.model_id,
        min(items.value) as value, max(items.input_tokens) as input_tokens
    from measured
    inner join int_evidence_items as items on items.workload_id = measured.workload_id
    where items.split_rule = '' and items.adaptation = 'none' and items.is_graded_right_or_wrong
    group by items.workload_id, items.eval_set, items.method, items.rubric, items.item_id, items.provider, items.model_id
),

-- Sizes are those that the model in use counts, as a gateway in front of it would.
pairs as (
    select other.workload_id, other.provider, other.model_id, in_use.input_tokens, in_use.value - other.value as loss
    from (select * from scored where input_tokens is not null) as in_use
    inner join int_workloads
        on int_workloads.workload_id = in_use.workload_id and int_workloads.main_provider = in_use.provider
        and int_workloads.main_model_id = in_use.model_id
    inner join scored as other
        on other.workload_id = in_use.workload_id and other.eval_set = in_use.eval_set and other.method = in_use.method
        and other.rubric = in_use.rubric and other.item_id = in_use.item_id
        and (other.provider <> in_use.provider or other.model_id <> in_use.model_id)
),

edges as (
    select distinct stratum as edge from size_buckets where stratum > 0
),

by_size as (
    select workload_id, provider, model_id, input_tokens, count(*) as items, sum(loss) as loss
    from pairs
    group by workload_id, provider, model_id, input_tokens
),

-- The smallest edge that a size lies under.
sized as (
    select by_size.workload_id, by_size.provider, by_size.model_id, by_size.input_tokens, by_size.items, by_size.loss, min(edges.edge) as edge
    from by_size
    inner join edges on edges.edge >= by_size.input_tokens
    group by by_size.workload_id, by_size.provider, by_size.model_id, by_size.input_tokens, by_size.items, by_size.loss
),

by_edge as (
    select workload_id, provider, model_id, edge, sum(items) as items, sum(loss) as loss
    from sized
    group by workload_id, provider, model_id, edge
),

running as (
    select
        *,
        sum(items) over (partition by workload_id, provider, model_id order by edge) as items_under,
        sum(loss) over (partition by workload_id, provider, model_id order by edge) as loss_under,
        sum(items) over (partition by workload_id, provider, model_id) as all_items,
        sum(loss) over (partition by workload_id, provider, model_id) as all_loss
    from by_edge
),

allowed as (
    select
        int_workloads.workload_id,
        held.items_min,
        case int_workloads.criticality when 'low' then held.margin_low when 'high' then held.margin_high else held.margin_medium end as margin
    from int_workloads
    inner join int_workload_parameters as held on held.workload_id = int_workloads.workload_id
),

-- The longest prompts below which the loss is at most half of what is allowed, where that of all is more.
found as (
    select running.workload_id, running.provider, running.model_id, max(running.edge) as edge
    from running
    inner join allowed on allowed.workload_id = running.workload_id
    where running.items_under >= allowed.items_min
        and running.all_loss > running.all_items * allowed.margin
        and running.loss_under <= running.items_under * allowed.margin * 0.5
    group by running.workload_id, running.provider, running.model_id
),

-- What an evaluation names, as far as it can be run and priced: at most two facts, and a threshold that is a stratum's edge.
named as (
    select distinct runs.workload_id, runs.provider, runs.model_id, runs.split_rule,
        cast(regexp_extract(runs.split_rule, '^input_tokens <= ([0-9]{1,12})') as bigint) as edge
    from int_evidence_runs as runs
    where runs.adaptation = 'none'
        and regexp_like(
            runs.split_rule,
            '^(input_tokens <= [0-9]{1,12}|(tools|image|audio|schema) = false)( AND (tools|image|audio|schema) = false)? -> B ELSE A$'
        )
)

select workload_id, provider, model_id, concat('input_tokens <= ', cast(edge as varchar), ' -> B ELSE A') as split_rule
from found
union all
select named.workload_id, named.provider, named.model_id, named.split_rule
from named
left join edges on edges.edge = named.edge
left join found
    on found.workload_id = named.workload_id and found.provider = named.provider and found.model_id = named.model_id
    and found.edge = named.edge and named.split_rule not like '% AND %'
where (named.edge is null or edges.edge is not null) and found.workload_id is null
