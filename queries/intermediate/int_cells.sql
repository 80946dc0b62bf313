-- One row per workload, model in use, tier, region, size stratum and demands over the decision window: what is re-priced.
--
-- grain:  workload_id, provider, billed_model_id, service_tier, region_class, input_stratum, demands
-- method: M 1.6, 4.3 (facts that are known before the call)
select
    workload_cube.workload_id,
    workload_cube.provider,
    workload_cube.billed_model_id,
    workload_cube.service_tier,
    workload_cube.region_class,
    workload_cube.input_stratum,
    -- What the call asks for beside text, each with a bar behind it; with a question mark where no log says.
    concat(
        case when workload_cube.has_tools then 'tools|' when not workload_cube.has_tools then '' else 'tools?|' end,
        case when workload_cube.has_image then 'image|' when not workload_cube.has_image then '' else 'image?|' end,
        case when workload_cube.has_audio then 'audio|' when not workload_cube.has_audio then '' else 'audio?|' end,
        case when workload_cube.has_schema then 'schema|' when not workload_cube.has_schema then '' else 'schema?|' end
    ) as demands,
    sum(workload_cube.requests) as requests,
    case when count(workload_cube.cached_requests) = count(*) then sum(workload_cube.cached_requests) end as cached_requests,
    sum(workload_cube.unknown_model_requests + workload_cube.unpriced_requests) as unpriced_requests,
    sum(workload_cube.usage_input_uncached_tokens) as usage_input_uncached_tokens,
    sum(workload_cube.usage_cache_read_tokens) as usage_cache_read_tokens,
    sum(workload_cube.usage_cache_write_5m_tokens) as usage_cache_write_5m_tokens,
    sum(workload_cube.usage_cache_write_1h_tokens) as usage_cache_write_1h_tokens,
    sum(workload_cube.usage_input_audio_tokens) as usage_input_audio_tokens,
    sum(workload_cube.usage_input_image_tokens) as usage_input_image_tokens,
    sum(workload_cube.usage_output_visible_tokens) as usage_output_visible_tokens,
    sum(workload_cube.usage_output_reasoning_tokens) as usage_output_reasoning_tokens,
    sum(workload_cube.usage_output_audio_tokens) as usage_output_audio_tokens,
    sum(workload_cube.usage_output_image_tokens) as usage_output_image_tokens,
    cast(sum(workload_cube.cost_usd) as decimal(38, 12)) as cost_usd,
    max(workload_cube.max_input_tokens) as max_input_tokens
from workload_cube
cross join settings
where workload_cube.event_date >= settings.window_from and workload_cube.event_date < settings.run_date
group by
    workload_cube.workload_id, workload_cube.provider, workload_cube.billed_model_id, workload_cube.service_tier,
    workload_cube.region_class, workload_cube.input_stratum,
    concat(
        case when workload_cube.has_tools then 'tools|' when not workload_cube.has_tools then '' else 'tools?|' end,
        case when workload_cube.has_image then 'image|' when not workload_cube.has_image then '' else 'image?|' end,
        case when workload_cube.has_audio then 'audio|' when not workload_cube.has_audio then '' else 'audio?|' end,
        case when workload_cube.has_schema then 'schema|' when not workload_cube.has_schema then '' else 'schema?|' end
    )
