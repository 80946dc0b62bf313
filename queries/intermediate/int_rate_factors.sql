-- One row per provider and model, and one per provider without a model, whose bill shows what share of list is really paid.
--
-- grain:  provider, model_id
-- method: M 2.6 (rho at the model where its list cost of 28 days is $100 or more or a contract states it, else at the provider,
--         else 1), 2.7 (0.2 to 1.25)
with sums as (
    select
        provider,
        model_id,
        sum(list_usd) as list_usd,
        sum(contracted_usd) as contracted_usd,
        bool_and(is_rate_agreed) as is_agreed
    from int_reconciled
    where billed_usd is not null
    group by provider, model_id
    union all
    select provider, cast(null as varchar), sum(list_usd), sum(contracted_usd), false
    from int_reconciled
    where billed_usd is not null
    group by provider
),

shares as (
    select
        provider,
        model_id,
        cast(list_usd as decimal(38, 12)) as list_usd,
        cast(contracted_usd as decimal(38, 12)) as contracted_usd,
        case when list_usd >= 100 or (is_agreed and list_usd > 0) then cast(contracted_usd as double) / cast(list_usd as double) end as rate_ratio
    from sums
)

select provider, model_id, list_usd, contracted_usd, rate_ratio
from shares
where rate_ratio between 0.2 and 1.25
