-- One row: the single-valued parameters of the method that queries compare with, and the days that follow from them.
--
-- grain: run_date
with limits as (
    select
        max(case when name = 'z90' then expected end) as z90,
        cast(max(case when name = 'items_min' then expected end) as bigint) as items_min,
        max(case when name = 'max_rejected_share' then expected end) as max_rejected_share,
        cast(max(case when name = 'max_unattributed_share' then expected end) as decimal(9, 6)) as max_unattributed_share,
        max(case when name = 'max_unpriced_share' then expected end) as max_unpriced_share,
        max(case when name = 'min_share_of_weekday' then expected end) as min_share_of_weekday,
        cast(max(case when name = 'stale_after_hours' then expected end) as bigint) as stale_after_hours,
        cast(max(case when name = 'horizon_months' then expected end) as bigint) as horizon_months,
        cast(max(case when name = 'lead_months' then expected end) as bigint) as lead_months,
        cast(max(case when name = 'volume_min_requests' then expected end) as bigint) as volume_min_requests,
        cast(max(case when name = 'volume_min_usd' then expected end) as decimal(18, 2)) as volume_min_usd
    from int_parameters
    where scope = 'all'
)

select
    settings.run_date,
    limits.z90,
    limits.items_min,
    limits.max_rejected_share,
    limits.max_unattributed_share,
    limits.max_unpriced_share,
    limits.min_share_of_weekday,
    limits.stale_after_hours,
    limits.horizon_months,
    limits.lead_months,
    limits.volume_min_requests,
    limits.volume_min_usd,
    cast(settings.run_date + cast(concat(limits.lead_months, ' months') as interval) as date) as lead_ends,
    cast(settings.run_date + cast(concat(limits.horizon_months, ' months') as interval) as date) as horizon_ends
from limits
cross join settings
