-- One model call of a plugin of Kong's gateway; a request may hold those of its transformers too.
--
-- grain:  request.id, started_at and plugin: the provider's response id is not logged
-- tokens: cached tokens are included in prompt_tokens, reasoning in completion_tokens, where the provider counts like
--         OpenAI; of others it is not documented
-- docs:   https://developer.konghq.com/ai-gateway/ai-audit-log-reference/
with parts as (
    select
        *,
        unnest([
            named_struct('plugin', 'ai-proxy', 'call', coalesce(ai['proxy'], ai['ai-proxy'], ai['ai-proxy-advanced'])),
            named_struct('plugin', 'ai-request-transformer', 'call', ai['ai-request-transformer']),
            named_struct('plugin', 'ai-response-transformer', 'call', ai['ai-response-transformer'])
        ]) as part
    from kong
),

stated as (
    select
        *,
        part['plugin'] as plugin,
        part['call']['meta'] as meta,
        to_timestamp_millis(started_at) as begun_at,
        coalesce(part['call']['usage']['prompt_tokens'], part['call']['usage']['prompt_token']) as input_total,
        coalesce(part['call']['usage']['completion_tokens'], part['call']['usage']['completion_token']) as output_total,
        part['call']['usage']['total_tokens'] as total,
        coalesce(part['call']['usage']['prompt_tokens_details']['cached_tokens'], 0) as cache_read,
        part['call']['usage']['prompt_tokens_details']['audio_tokens'] as logged_audio,
        part['call']['usage']['completion_tokens_details']['reasoning_tokens'] as output_reasoning,
        nullif(part['call']['usage']['completion_tokens_details']['audio_tokens'], 0) as output_audio,
        part['call']['usage']['time_to_first_token'] as first_token_ms,
        lower(part['call']['cache']['cache_status']) = 'hit' as is_hit
    from parts
    where part['call']['meta'] is not null or part['call']['usage'] is not null
),

facts as (
    select
        *,
        -- audio may be cached as well
        case when logged_audio > 0 then least(logged_audio, input_total - cache_read) end as input_audio
    from stated
)

select
    _object_key as x_object_key,
    _line as x_line,
    request['id'] || '/' || cast(started_at as varchar) || '/' || plugin as x_natural_key,
    begun_at as x_start_time,
    begun_at + arrow_cast(latencies['request'], 'Duration(Millisecond)') as x_end_time,
    'ms' as x_time_precision,
    coalesce(meta['llm_latency'], latencies['request']) as x_duration_ms,
    cast(round(first_token_ms) as bigint) as x_time_to_first_chunk_ms,
    nullif(meta['provider_name'], '') as gen_ai_provider_name,
    coalesce(meta['request_model'], meta['response_model']) as gen_ai_request_model,
    coalesce(meta['response_model'], meta['request_model']) as gen_ai_response_model,
    input_total as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_total - cache_read - coalesce(input_audio, 0) as usage_input_uncached_tokens,
    case when input_total is not null then cache_read end as usage_cache_read_tokens,
    case when input_total is not null then 0 end as usage_cache_write_5m_tokens,
    case when input_total is not null then 0 end as usage_cache_write_1h_tokens,
    input_audio as usage_input_audio_tokens,
    output_total - coalesce(output_reasoning, 0) - coalesce(output_audio, 0) as usage_output_visible_tokens,
    output_reasoning as usage_output_reasoning_tokens,
    output_audio as usage_output_audio_tokens,
    case
        when input_total is null and output_total is null then 'missing'
        -- a total that holds more, or a provider that may count cached tokens beside the input
        when total <> input_total + output_total or input_audio > 0 then 'assumed'
        when lower(coalesce(meta['provider_name'], '')) in ('openai', 'azure', 'mistral', 'gemini') then 'inclusive'
        else 'assumed'
    end as x_usage_semantics,
    case
        when response['status'] between 200 and 399 then 'ok'
        when response['status'] >= 400 then 'error'
        else 'unknown'
    end as x_status,
    response['status'] as http_response_status_code,
    case when meta['request_mode'] is not null then meta['request_mode'] in ('stream', 'realtime') end
        as gen_ai_request_stream,
    case when input_audio > 0 or output_audio > 0 then true end as x_has_audio,
    coalesce(is_hit, false) as x_gateway_cache_hit,
    request['headers']['x-workload'] as x_workload_tag,
    request['headers']['x-app'] as x_app,
    consumer['username'] as x_api_key_alias,
    route['name'] as x_endpoint,
    case
        when service['name'] is not null
        then concat('{"kong_service":', json_string(service['name']), '}')
    end as tags
from facts
