-- One row per day, source and format of the kept call: how its usage is known.
--
-- grain:  event_date, source, format
-- method: M 1.2 (usage that is not stated is null, never zero)
select
    source,
    source_format as format,
    count(*) as requests,
    count(*) filter (where usage_semantics = 'inclusive') as usage_stated,
    count(*) filter (where usage_semantics = 'exclusive_repaired') as usage_repaired,
    count(*) filter (where usage_semantics = 'assumed') as usage_assumed,
    count(*) filter (where usage_semantics = 'missing' or input_tokens is null) as usage_missing,
    count(*) filter (where price_status = 'unknown_model') as models_unresolved,
    count(*) filter (where is_gateway_cache_hit) as gateway_cache_hits,
    event_date
from requests_priced
group by event_date, source, source_format
