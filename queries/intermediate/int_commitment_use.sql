-- One row per provider that a commitment binds today: the minimum of a month, and what is used of it.
--
-- grain:  provider
-- method: M 2.8
with committed as (
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
    coalesce(used.monthly_usd, 0.0) as used_usd
from committed
cross join settings
left join int_provider_use as used on used.provider = committed.provider
