-- One row per day, provider, account, model, tier and token kind: tokens logged beside tokens billed, and whose price stands for them.
--
-- grain:  event_date, provider, sub_account_id, model_id, service_tier, token_kind
-- method: M 2.6 (tokens first, then money; a bill without tiers is held against all tiers together)
with words as (
    select distinct event_date, provider, sub_account_id, model_id, has_tiers, has_reasoning
    from int_billed_kinds
),

logged as (
    select
        logged_kinds.event_date,
        logged_kinds.provider,
        logged_kinds.sub_account_id,
        logged_kinds.model_id,
        case when coalesce(words.has_tiers, true) then logged_kinds.service_tier else 'standard' end as service_tier,
        case
            when logged_kinds.token_kind in ('reasoning') and not coalesce(words.has_reasoning, false) then 'output'
            else logged_kinds.token_kind
        end as token_kind,
        logged_kinds.region_class,
        sum(logged_kinds.tokens) as tokens
    from int_logged_kinds as logged_kinds
    left join words
        on words.event_date = logged_kinds.event_date
        and words.provider = logged_kinds.provider
        and (words.sub_account_id is not distinct from logged_kinds.sub_account_id)
        and words.model_id = logged_kinds.model_id
    where logged_kinds.tokens > 0
    group by 1, 2, 3, 4, 5, 6, 7
),

sides as (
    select event_date, provider, sub_account_id, model_id, service_tier, token_kind, region_class, tokens as billed_tokens,
        cast(0 as bigint) as logged_tokens, billed_usd, contracted_usd, 1 as side
    from int_billed_kinds
    union all
    select event_date, provider, sub_account_id, model_id, service_tier, token_kind, region_class, cast(0 as decimal(26, 6)), tokens,
        cast(null as decimal(38, 12)), cast(null as decimal(38, 12)), 2
    from logged
),

-- The price of the region in which most was billed, else logged, stands for the few tokens that differ.
regions as (
    select
        *,
        row_number() over (
            partition by event_date, provider, sub_account_id, model_id, service_tier, token_kind
            order by side, billed_tokens desc, logged_tokens desc, region_class
        ) as place
    from sides
)

select
    event_date,
    provider,
    sub_account_id,
    model_id,
    service_tier,
    token_kind,
    max(case when place = 1 then region_class end) as region_class,
    cast(sum(logged_tokens) as bigint) as logged_tokens,
    cast(sum(billed_tokens) as decimal(26, 6)) as billed_tokens,
    cast(sum(billed_usd) as decimal(38, 12)) as billed_usd,
    cast(sum(contracted_usd) as decimal(38, 12)) as contracted_usd
from regions
group by event_date, provider, sub_account_id, model_id, service_tier, token_kind
