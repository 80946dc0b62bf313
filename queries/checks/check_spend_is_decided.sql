-- Differences between the spend that was analysed and the spend of all decisions.
--
-- severity: error
-- because:  every call is in one workload and every workload has one decision (M 7.1)
with decided as (
    select cast(coalesce(sum(spend_window_usd), 0) as decimal(38, 12)) as usd from decisions
),

spent as (
    select cast(coalesce(sum(spend_by_model.cost_usd), 0) as decimal(38, 12)) as usd
    from spend_by_model
    cross join settings
    where spend_by_model.event_date >= settings.window_from
)

select decided.usd as decided_usd, spent.usd as spent_usd
from decided
cross join spent
where decided.usd <> spent.usd
