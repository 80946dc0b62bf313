-- One row per priced bundle: a month of it after discounts, today and as the mean of the next twelve months.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 2.6 (a candidate's discount is its own or none), 2.4 (announced prices)
with figures as (
    select
        int_bundles.recommendation_id,
        int_bundles.workload_id,
        int_bundles.lever,
        gated.is_blocked or priced.is_source_unpriced or priced.is_target_unpriced as is_out,
        cast(settings.month_factor_numerator as double) / settings.month_factor_denominator as factor,
        cast(priced.source_usd as double) as source_usd,
        cast(priced.source_paid_usd as double) as source_paid_usd,
        cast(priced.target_paid_usd as double) as target_paid_usd,
        cast(priced.source_horizon_usd as double) as source_horizon_usd,
        cast(priced.target_horizon_usd as double) as target_horizon_usd,
        coalesce(cast(priced.source_paid_usd as double) / nullif(cast(priced.source_usd as double), 0.0), 1.0) as source_rate,
        coalesce(cast(priced.target_paid_usd as double) / nullif(cast(priced.target_usd as double), 0.0), 1.0) as blended_rate,
        coalesce(target_rates.rate_ratio, 1.0) as target_rate
    from int_bundles_priced as priced
    cross join settings
    inner join int_bundles on int_bundles.recommendation_id = priced.recommendation_id
    inner join int_bundles_gated as gated on gated.recommendation_id = priced.recommendation_id
    left join int_rate_factors as target_rates
        on target_rates.provider = int_bundles.to_provider and target_rates.model_id = int_bundles.to_model_id
)

select
    recommendation_id,
    workload_id,
    lever,
    is_out,
    source_rate,
    target_rate,
    source_usd * factor as source_month_usd,
    source_paid_usd * factor as source_paid_month_usd,
    target_paid_usd * factor as target_paid_month_usd,
    cast((source_paid_usd - target_paid_usd) * factor as decimal(18, 2)) as paid_saving_usd,
    cast((source_rate * source_horizon_usd - blended_rate * target_horizon_usd) * factor as decimal(18, 2)) as horizon_saving_usd
from figures
