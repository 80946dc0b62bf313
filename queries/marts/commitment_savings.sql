-- One row per alternative whose provider, old or new, is bound by a commitment: what it saves, and what the bank account sees of it.
--
-- grain:  workload_id, recommendation_id
-- method: M 2.8 (cash = max(M, U0) - max(M, U1), until the commitment ends)
with use_of_window as (
    select provider, sum(cost_usd) as list_usd
    from int_cells
    group by provider
),

used as (
    select
        use_of_window.provider,
        cast(use_of_window.list_usd as double) * coalesce(rates.rate_ratio, 1.0)
            * (cast(settings.month_factor_numerator as double) / settings.month_factor_denominator) as monthly_usd
    from use_of_window
    cross join settings
    left join int_rate_factors as rates on rates.provider = use_of_window.provider and rates.model_id is null
),

committed as (
    select
        commitments.provider,
        cast(sum(commitments.usd_per_month) as double) as monthly_usd,
        max(commitments.ends_on) as ends_on
    from commitments
    cross join settings
    where commitments.starts_on <= settings.run_date and settings.run_date < commitments.ends_on
    group by commitments.provider
),

moves as (
    select
        alternatives.workload_id,
        alternatives.recommendation_id,
        alternatives.finding,
        int_workloads.main_provider as from_provider,
        alternatives.to_provider,
        per_month.source_usd,
        per_month.target_usd
    from alternatives
    inner join int_workloads on int_workloads.workload_id = alternatives.workload_id
    inner join (
        select
            int_bundles_priced.recommendation_id,
            cast(int_bundles_priced.source_paid_usd as double)
                * (cast(settings.month_factor_numerator as double) / settings.month_factor_denominator) as source_usd,
            cast(int_bundles_priced.target_paid_usd as double)
                * (cast(settings.month_factor_numerator as double) / settings.month_factor_denominator) as target_usd
        from int_bundles_priced
        cross join settings
    ) as per_month on per_month.recommendation_id = alternatives.recommendation_id
    where alternatives.finding not in ('unpriced')
),

sides as (
    select
        moves.*,
        coalesce(from_commitment.monthly_usd, 0.0) as from_minimum,
        coalesce(to_commitment.monthly_usd, 0.0) as to_minimum,
        greatest(coalesce(from_used.monthly_usd, 0.0), moves.source_usd) as from_use,
        coalesce(to_used.monthly_usd, 0.0) as to_use,
        greatest(from_commitment.ends_on, to_commitment.ends_on) as ends_on
    from moves
    left join committed as from_commitment on from_commitment.provider = moves.from_provider
    left join committed as to_commitment on to_commitment.provider = moves.to_provider
    left join used as from_used on from_used.provider = moves.from_provider
    left join used as to_used on to_used.provider = moves.to_provider
    where from_commitment.provider is not null or to_commitment.provider is not null
),

flows as (
    select
        *,
        source_usd - target_usd as economic,
        case
            when from_provider = to_provider
                then greatest(from_minimum, from_use) - greatest(from_minimum, from_use - source_usd + target_usd)
            else greatest(from_minimum, from_use) - greatest(from_minimum, from_use - source_usd)
                - (greatest(to_minimum, to_use + target_usd) - greatest(to_minimum, to_use))
        end as cash
    from sides
)

select
    workload_id,
    recommendation_id,
    finding,
    from_provider,
    to_provider,
    cast(from_minimum as decimal(18, 2)) as from_commitment_usd,
    cast(from_use as decimal(18, 2)) as from_monthly_use_usd,
    cast(economic as decimal(18, 2)) as economic_monthly_savings_usd,
    cast(cash as decimal(18, 2)) as cash_monthly_savings_usd,
    cast(cast(economic as decimal(18, 2)) - cast(cash as decimal(18, 2)) as decimal(18, 2)) as stranded_monthly_usd,
    ends_on as cash_follows_from
from flows
