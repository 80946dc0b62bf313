-- One row per day, workload, model, tier, size stratum and flags: everything that re-pricing needs.
--
-- grain:  event_date, workload_id, provider, sub_account_id, region_class, requested_model_id, billed_model_id,
--         service_tier, input_stratum, has_tools, has_image, has_audio, has_schema, reasoning_effort
-- method: M 1.6 (cost is linear in tokens inside a band), 1.7 (logical requests)
with attempts as (
    select
        event_date, workload_id, provider, sub_account_id, region_class, requested_model_id, billed_model_id, service_tier,
        input_stratum, has_tools, has_image, has_audio, has_schema, reasoning_effort,
        -- The last attempt stands for its logical request, so that a retried request is counted once.
        row_number() over (
            partition by logical_request_id order by coalesce(x_attempt, 0) desc, ended_at desc, x_record_id
        ) as place_from_last
    from requests_priced
    where logical_request_id is not null
),

-- A call of no logical request stands for itself; mostly all do.
earlier_attempts as (
    select
        event_date, workload_id, provider, sub_account_id, region_class, requested_model_id, billed_model_id, service_tier,
        input_stratum, has_tools, has_image, has_audio, has_schema, reasoning_effort,
        count(*) as requests
    from attempts
    where place_from_last > 1
    group by
        event_date, workload_id, provider, sub_account_id, region_class, requested_model_id, billed_model_id, service_tier,
        input_stratum, has_tools, has_image, has_audio, has_schema, reasoning_effort
),

calls as (
    select
        event_date, workload_id, provider, sub_account_id, region_class, requested_model_id, billed_model_id, service_tier,
        input_stratum, has_tools, has_image, has_audio, has_schema, reasoning_effort,
        min(workload_source) as workload_source,
        count(*) as requests,
        count(*) as logical_requests,
        sum(coalesce(x_attempt, 1)) as attempts,
        count(*) filter (where x_status = 'error') as errors,
        count(*) filter (where is_gateway_cache_hit) as gateway_cache_hits,
        count(*) filter (where not is_gateway_cache_hit and coalesce(usage_cache_read_tokens, 0) + coalesce(usage_cache_write_5m_tokens, 0)
            + coalesce(usage_cache_write_1h_tokens, 0) > 0) as cached_requests,
        count(*) filter (where price_status = 'unknown_model') as unknown_model_requests,
        count(*) filter (where price_status = 'unpriced') as unpriced_requests,
        count(*) filter (where price_status = 'no_usage') as no_usage_requests,
        sum(coalesce(server_tool_requests, 0)) as server_tool_requests,
        sum(case when price_status = 'priced' and tool_cost_usd is null then server_tool_requests else 0 end) as unpriced_tool_requests,
        sum(case when is_gateway_cache_hit then 0 else coalesce(usage_input_uncached_tokens, 0) end) as usage_input_uncached_tokens,
        sum(case when is_gateway_cache_hit then 0 else coalesce(usage_cache_read_tokens, 0) end) as usage_cache_read_tokens,
        sum(case when is_gateway_cache_hit then 0 else coalesce(usage_cache_write_5m_tokens, 0) end) as usage_cache_write_5m_tokens,
        sum(case when is_gateway_cache_hit then 0 else coalesce(usage_cache_write_1h_tokens, 0) end) as usage_cache_write_1h_tokens,
        sum(case when is_gateway_cache_hit then 0 else coalesce(usage_input_audio_tokens, 0) end) as usage_input_audio_tokens,
        sum(case when is_gateway_cache_hit then 0 else coalesce(usage_input_image_tokens, 0) end) as usage_input_image_tokens,
        sum(case when is_gateway_cache_hit then 0 else coalesce(usage_output_visible_tokens, 0) end) as usage_output_visible_tokens,
        sum(case when is_gateway_cache_hit then 0 else coalesce(usage_output_reasoning_tokens, 0) end) as usage_output_reasoning_tokens,
        sum(case when is_gateway_cache_hit then 0 else coalesce(usage_output_audio_tokens, 0) end) as usage_output_audio_tokens,
        sum(case when is_gateway_cache_hit then 0 else coalesce(usage_output_image_tokens, 0) end) as usage_output_image_tokens,
        cast(sum(coalesce(cost_usd, 0)) as decimal(38, 12)) as cost_usd,
        cast(sum(coalesce(tool_cost_usd, 0)) as decimal(38, 12)) as tool_cost_usd,
        min(input_tokens) as min_input_tokens,
        max(input_tokens) as max_input_tokens,
        min(output_tokens) as min_output_tokens,
        max(output_tokens) as max_output_tokens,
        max(max_requested_tokens) as max_requested_tokens
    from requests_priced
    group by
        event_date, workload_id, provider, sub_account_id, region_class, requested_model_id, billed_model_id, service_tier,
        input_stratum, has_tools, has_image, has_audio, has_schema, reasoning_effort
)

select calls.* replace (calls.logical_requests - coalesce(earlier_attempts.requests, 0) as logical_requests)
from calls
left join earlier_attempts
    on (earlier_attempts.event_date is not distinct from calls.event_date)
    and (earlier_attempts.workload_id is not distinct from calls.workload_id)
    and (earlier_attempts.provider is not distinct from calls.provider)
    and (earlier_attempts.sub_account_id is not distinct from calls.sub_account_id)
    and (earlier_attempts.region_class is not distinct from calls.region_class)
    and (earlier_attempts.requested_model_id is not distinct from calls.requested_model_id)
    and (earlier_attempts.billed_model_id is not distinct from calls.billed_model_id)
    and (earlier_attempts.service_tier is not distinct from calls.service_tier)
    and (earlier_attempts.input_stratum is not distinct from calls.input_stratum)
    and (earlier_attempts.has_tools is not distinct from calls.has_tools)
    and (earlier_attempts.has_image is not distinct from calls.has_image)
    and (earlier_attempts.has_audio is not distinct from calls.has_audio)
    and (earlier_attempts.has_schema is not distinct from calls.has_schema)
    and (earlier_attempts.reasoning_effort is not distinct from calls.reasoning_effort)
