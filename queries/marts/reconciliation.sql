-- One row per day, provider, account, model and term of the bridge from what the logs cost at list to what was billed.
--
-- grain:  event_date, provider, sub_account_id, model_id, bridge_term
-- method: M 2.6, 2.7
with judged as (
    select
        int_bridge.*,
        case when int_bridge.billed_tokens > 0
            then cast(coalesce(int_bridge.logged_tokens, 0) as double) / cast(int_bridge.billed_tokens as double)
        end as coverage_ratio,
        case when int_bridge.list_usd > 0 then cast(int_bridge.contracted_usd as double) / cast(int_bridge.list_usd as double) end
            as rate_ratio,
        case
            when int_bridge.billed_usd <> 0
                then abs(cast(int_bridge.unexplained_usd as double) / cast(int_bridge.billed_usd as double))
            when int_bridge.unexplained_usd <> 0 then 1.0
            else 0.0
        end as unexplained_share
    from int_bridge
),

long as (
    select
        judged.*,
        terms.bridge_term,
        terms.is_always_shown,
        case terms.bridge_term
            when 'calculated' then judged.calculated_usd
            when 'quantity' then judged.quantity_usd
            when 'rate' then judged.rate_usd
            when 'commitment' then judged.commitment_usd
            when 'timing' then judged.timing_usd
            when 'credits' then judged.credits_usd
            when 'tax' then judged.tax_usd
            when 'support' then judged.support_usd
            when 'adjustments' then judged.adjustments_usd
            when 'other_usage' then judged.other_usage_usd
            when 'cache_storage' then judged.cache_storage_usd
            when 'unmapped_model' then judged.unmapped_usd
            when 'no_rate' then judged.no_rate_usd
            when 'unexplained' then judged.unexplained_usd
            else judged.billed_usd
        end as amount_usd
    from judged
    cross join (
        values ('calculated', true), ('quantity', false), ('rate', false), ('commitment', false), ('timing', false),
            ('credits', false), ('tax', false), ('support', false), ('adjustments', false), ('other_usage', false),
            ('cache_storage', false), ('unmapped_model', false), ('no_rate', false), ('unexplained', true), ('billed', true)
    ) as terms (bridge_term, is_always_shown)
)

select
    event_date,
    provider,
    sub_account_id,
    model_id,
    bridge_term,
    cast(amount_usd as decimal(38, 12)) as amount_usd,
    logged_tokens,
    billed_tokens,
    coverage_ratio,
    rate_ratio,
    rate_source,
    case
        when not is_covered then 'NO_BILL'
        when logged_tokens is null and billed_tokens is null then null
        when fault is not null then 'UNRECONCILED'
        when unexplained_share <= 0.01 and coverage_ratio between 0.98 and 1.02 then 'RECONCILED'
        when unexplained_share <= 0.05 and coalesce(coverage_ratio between 0.95 and 1.05, true) then 'PARTIAL'
        else 'UNRECONCILED'
    end as status,
    fault,
    lines_without_rate,
    is_provisional
from long
where (is_always_shown and (is_covered or bridge_term in ('calculated'))) or amount_usd <> 0
