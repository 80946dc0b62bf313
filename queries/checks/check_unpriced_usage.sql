-- Models whose calls, or whose calls of tools, could not be priced in the window.
--
-- severity: warn
-- because:  their spend is unknown and in no figure
select spend_by_model.provider, spend_by_model.billed_model_id, spend_by_model.service_tier, spend_by_model.region_class,
    sum(spend_by_model.unknown_model_requests + spend_by_model.unpriced_requests) as requests,
    sum(spend_by_model.unpriced_tool_requests) as tool_calls
from spend_by_model
cross join settings
where spend_by_model.event_date >= settings.window_from
    and spend_by_model.unknown_model_requests + spend_by_model.unpriced_requests + spend_by_model.unpriced_tool_requests > 0
group by
    spend_by_model.provider, spend_by_model.billed_model_id, spend_by_model.service_tier, spend_by_model.region_class
