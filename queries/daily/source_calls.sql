-- One row per day, source and format of the kept call: how its usage is known.
--
-- grain:  event_date, source, format
-- method: M 1.2 (usage that is not stated is null, never zero)
select
    requests.x_source as source,
    requests.x_source_format as format,
    count(*) as requests,
    count(*) filter (where requests.x_usage_semantics = 'inclusive') as usage_stated,
    count(*) filter (where requests.x_usage_semantics = 'exclusive_repaired') as usage_repaired,
    count(*) filter (where requests.x_usage_semantics = 'assumed') as usage_assumed,
    count(*) filter (
        where requests.x_usage_semantics = 'missing' or requests.gen_ai_usage_input_tokens is null
    ) as usage_missing,
    count(*) filter (where requests_priced.price_status = 'unknown_model') as models_unresolved,
    count(*) filter (where requests_priced.is_gateway_cache_hit) as gateway_cache_hits,
    requests.event_date
from requests
inner join requests_priced
    on requests_priced.x_record_id = requests.x_record_id
    and requests_priced.event_date = requests.event_date
group by requests.event_date, requests.x_source, requests.x_source_format
