-- Models whose calls, or whose calls of tools, could not be priced in the window, when they are more than the limit.
--
-- severity: warn
-- limit:    max_unpriced_share
-- because:  their spend is unknown and in no figure
with in_window as (
    select spend_by_model.*,
        spend_by_model.unknown_model_requests + spend_by_model.unpriced_requests as unpriced
    from spend_by_model
    cross join settings
    where spend_by_model.event_date >= settings.window_from
),

total as (
    select sum(requests) as requests, sum(unpriced + unpriced_tool_requests) as unpriced
    from in_window
)

select in_window.provider, in_window.billed_model_id, in_window.service_tier, in_window.region_class,
    sum(in_window.unpriced) as requests, sum(in_window.unpriced_tool_requests) as tool_calls
from in_window
cross join total
cross join int_limits
where in_window.unpriced + in_window.unpriced_tool_requests > 0
    and cast(total.unpriced as double) > int_limits.max_unpriced_share * total.requests
group by in_window.provider, in_window.billed_model_id, in_window.service_tier, in_window.region_class
