-- One row per provider that a commitment binds today: the minimum of a month, and what is used of it.
--
-- grain:  provider
-- method: M 2.8
with used as (
    select provider, cast(sum(cost_usd) as double) as list_usd
    from int_cells
    group by provider
),

committed as (
    select commitments.provider, cast(sum(commitments.usd_per_month) as double) as minimum_usd,
        max(commitments.ends_on) as ends_on
    from commitments
    cross join settings
    where commitments.starts_on <= settings.run_date and settings.run_date < commitments.ends_on
    group by commitments.provider
)

select
    committed.provider,
    committed.minimum_usd,
    committed.ends_on,
    -- Months from the run date to the end, with the part of the last one.
    cast(12 * (date_part('year', committed.ends_on) - date_part('year', settings.run_date)) + date_part('month', committed.ends_on)
        - date_part('month', settings.run_date) as double)
    + cast(date_part('day', committed.ends_on) - date_part('day', settings.run_date) as double) * 12 / 365 as bound_months,
    coalesce(used.list_usd, 0.0) * coalesce(rates.rate_ratio, 1.0)
    * (cast(settings.month_factor_numerator as double) / settings.month_factor_denominator) as used_usd
from committed
cross join settings
left join used on used.provider = committed.provider
left join int_rate_factors as rates on rates.provider = committed.provider and rates.model_id is null
