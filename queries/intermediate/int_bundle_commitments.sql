-- One row per priced bundle whose provider, old or new, is bound by a commitment: the saving, the cash, and what is stranded until when.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 2.8 (cash = max(M, U0) - max(M, U1); what is reassignable counts for the named workload only), 6.5 (stranded_t)
with factors as (
    select cast(month_factor_numerator as double) / month_factor_denominator as monthly, run_date from settings
),

in_force as (
    select commitments.* from commitments cross join factors where starts_on <= run_date and run_date < ends_on
),

committed as (
    select provider, cast(sum(usd_per_month) as double) as monthly_usd, max(ends_on) as ends_on from in_force group by provider
),

-- What the named workload spends elsewhere can move under the commitment, once.
inherited as (
    select int_workloads.workload_id, sum(heirs.monthly_usd) as monthly_usd
    from int_workloads
    inner join int_commitment_heirs as heirs
        on heirs.provider = int_workloads.main_provider and heirs.reassignable_to <> int_workloads.workload_id
    group by int_workloads.workload_id
),

sides as (
    select
        int_bundles.recommendation_id,
        int_bundles.workload_id,
        int_workloads.main_provider as from_provider,
        int_bundles.to_provider,
        cast(priced.source_paid_usd as double) * factors.monthly as source_usd,
        cast(priced.target_paid_usd as double) * factors.monthly as target_usd,
        coalesce(from_commitment.monthly_usd, 0.0) as from_minimum,
        coalesce(to_commitment.monthly_usd, 0.0) as to_minimum,
        greatest(coalesce(from_used.monthly_usd, 0.0), cast(priced.source_paid_usd as double) * factors.monthly) as from_use,
        coalesce(to_used.monthly_usd, 0.0) as to_use,
        coalesce(inherited.monthly_usd, 0.0) as heirs_usd,
        greatest(from_commitment.ends_on, to_commitment.ends_on) as ends_on,
        factors.run_date
    from int_bundles_priced as priced
    inner join int_bundles on int_bundles.recommendation_id = priced.recommendation_id
    inner join int_workloads on int_workloads.workload_id = int_bundles.workload_id
    cross join factors
    left join committed as from_commitment on from_commitment.provider = int_workloads.main_provider
    left join committed as to_commitment on to_commitment.provider = int_bundles.to_provider
    left join int_provider_use as from_used on from_used.provider = int_workloads.main_provider
    left join int_provider_use as to_used on to_used.provider = int_bundles.to_provider
    left join inherited on inherited.workload_id = int_bundles.workload_id
    where not priced.is_source_unpriced
        and not priced.is_target_unpriced
        and (from_commitment.provider is not null or to_commitment.provider is not null)
),

flows as (
    select
        *,
        source_usd - target_usd as economic_usd,
        case
            when from_provider = to_provider
                then greatest(from_minimum, from_use) - greatest(from_minimum, from_use - source_usd + target_usd)
            else greatest(from_minimum, from_use) - greatest(from_minimum, from_use - source_usd)
                - (greatest(to_minimum, to_use + target_usd) - greatest(to_minimum, to_use))
        end as cash_usd,
        cast(12 * (date_part('year', ends_on) - date_part('year', run_date)) + date_part('month', ends_on) - date_part('month', run_date)
            as double) + cast(date_part('day', ends_on) - date_part('day', run_date) as double) * 12 / 365 as bound_months
    from sides
)

select
    recommendation_id,
    workload_id,
    from_provider,
    to_provider,
    from_minimum as from_commitment_usd,
    from_use as from_use_usd,
    economic_usd,
    cash_usd + least(greatest(economic_usd - cash_usd, 0.0), heirs_usd) as cash_usd,
    least(greatest(economic_usd - cash_usd, 0.0), heirs_usd) as reassigned_usd,
    heirs_usd,
    ends_on,
    -- Months from the run date to the end, with the part of the last one.
    bound_months
from flows
