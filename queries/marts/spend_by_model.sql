-- One row per day, provider, account, model and tier: list cost of what was logged; what has no price is counted beside it.
--
-- grain:  event_date, provider, sub_account_id, billed_model_id, service_tier, region_class
-- method: M 2.1, 2.4
select
    workload_cube.event_date,
    workload_cube.provider,
    workload_cube.sub_account_id,
    workload_cube.billed_model_id,
    workload_cube.service_tier,
    workload_cube.region_class,
    sum(workload_cube.requests) as requests,
    sum(workload_cube.errors) as errors,
    sum(workload_cube.unknown_model_requests) as unknown_model_requests,
    sum(workload_cube.unpriced_requests) as unpriced_requests,
    sum(workload_cube.no_usage_requests) as no_usage_requests,
    -- The model that answered is the one that is billed, whatever was asked for.
    sum(case when workload_cube.requested_model_id <> workload_cube.billed_model_id then workload_cube.requests else 0 end)
        as rerouted_requests,
    sum(workload_cube.unpriced_tool_requests) as unpriced_tool_requests,
    sum(workload_cube.usage_input_uncached_tokens + workload_cube.usage_cache_read_tokens
        + workload_cube.usage_cache_write_5m_tokens + workload_cube.usage_cache_write_1h_tokens
        + workload_cube.usage_input_audio_tokens + workload_cube.usage_input_image_tokens) as input_tokens,
    sum(workload_cube.usage_cache_read_tokens) as cache_read_tokens,
    sum(workload_cube.usage_output_visible_tokens + workload_cube.usage_output_reasoning_tokens
        + workload_cube.usage_output_audio_tokens + workload_cube.usage_output_image_tokens) as output_tokens,
    sum(workload_cube.usage_output_reasoning_tokens) as reasoning_tokens,
    case
        when sum(workload_cube.unknown_model_requests + workload_cube.unpriced_requests + workload_cube.no_usage_requests)
            < sum(workload_cube.requests)
            then cast(sum(workload_cube.cost_usd) as decimal(38, 12))
    end as cost_usd,
    case
        when sum(workload_cube.unknown_model_requests) > 0 then 'unknown_model'
        when sum(workload_cube.unpriced_requests) > 0 then 'unpriced'
        when sum(workload_cube.no_usage_requests) > 0 then 'no_usage'
        else 'priced'
    end as price_status
from workload_cube
cross join settings
where workload_cube.event_date >= settings.report_from and workload_cube.event_date < settings.run_date
group by
    workload_cube.event_date, workload_cube.provider, workload_cube.sub_account_id, workload_cube.billed_model_id,
    workload_cube.service_tier, workload_cube.region_class
