-- One row per provider, account and model with usage: how far its bill of the decision window is explained.
--
-- grain:  provider, sub_account_id, model_id
-- method: M 2.6 (coverage chi, rate factor rho), 2.7 (1 % and 0.98 to 1.02 reconcile, 5 % is partial; young days do not count)
with summed as (
    select
        int_bridge.provider,
        int_bridge.sub_account_id,
        int_bridge.model_id,
        cast(sum(int_bridge.calculated_usd) as decimal(38, 12)) as calculated_usd,
        -- A day of a wrong unit, of cents or without a currency rate says nothing of discounts.
        cast(sum(case when int_bridge.fault is null then int_bridge.list_usd end) as decimal(38, 12)) as list_usd,
        cast(sum(case when int_bridge.fault is null then int_bridge.contracted_usd end) as decimal(38, 12)) as contracted_usd,
        bool_or(int_bridge.rate_source in ('bill', 'inferred')) as is_rate_billed,
        cast(sum(int_bridge.billed_usd) as decimal(38, 12)) as billed_usd,
        cast(sum(int_bridge.unexplained_usd) as decimal(38, 12)) as unexplained_usd,
        cast(sum(abs(int_bridge.unexplained_usd)) as decimal(38, 12)) as absolute_unexplained_usd,
        cast(sum(int_bridge.logged_tokens) as double) as logged_tokens,
        cast(sum(int_bridge.billed_tokens) as double) as billed_tokens,
        min(int_bridge.fault) as fault,
        count(*) filter (where int_bridge.billed_usd is not null) as billed_days
    from int_bridge
    cross join settings
    where int_bridge.event_date >= settings.window_from
        and int_bridge.is_covered
        and not int_bridge.is_provisional
        and int_bridge.model_id is not null
    group by int_bridge.provider, int_bridge.sub_account_id, int_bridge.model_id
),

shares as (
    select
        *,
        case when billed_tokens > 0 then coalesce(logged_tokens, 0) / billed_tokens end as coverage_ratio,
        case when list_usd > 0 then cast(contracted_usd as double) / cast(list_usd as double) end as rate_ratio,
        case
            when billed_usd <> 0 then abs(cast(unexplained_usd as double) / cast(billed_usd as double))
            when unexplained_usd <> 0 then 1.0
            else 0.0
        end as unexplained_share
    from summed
)

select
    provider,
    sub_account_id,
    model_id,
    calculated_usd,
    list_usd,
    contracted_usd,
    billed_usd,
    unexplained_usd,
    absolute_unexplained_usd,
    coverage_ratio,
    rate_ratio,
    unexplained_share,
    is_rate_billed,
    fault,
    case
        when fault is not null then 'UNRECONCILED'
        when unexplained_share <= 0.01 and coverage_ratio between 0.98 and 1.02 then 'RECONCILED'
        when unexplained_share <= 0.05 and coalesce(coverage_ratio between 0.95 and 1.05, true) then 'PARTIAL'
        else 'UNRECONCILED'
    end as status
from shares
