-- One attempt of a call, as the caller logged it around Anthropic's message.
--
-- grain:  response.id, else request_id, else the line
-- tokens: cached input is beside input: input is the sum of the three input counts; thinking is included in output
-- docs:   https://docs.anthropic.com/en/api/messages
with calls_in as (
    select
        _object_key,
        _line,
        ts as ended_at,
        coalesce(started_at, ts - arrow_cast(latency_ms, 'Duration(Millisecond)')) as begun_at,
        coalesce(
            latency_ms,
            cast(round((date_part('epoch', ts) - date_part('epoch', started_at)) * 1000) as bigint)
        ) as duration_ms,
        app,
        workload,
        prompt_name,
        team,
        env,
        api_key_alias,
        attempt,
        logical_request_id,
        coalesce(request_id, response['request_id']) as request_id,
        coalesce(provider, 'anthropic') as provider,
        tier,
        error,
        request as asked,
        response,
        response['usage'] as counts,
        response['usage']['cache_creation'] as write_details,
        coalesce(error['type'], error['code'], response['error']['type']) as error_word
    from anthropic_envelope
),

-- an absent count of cached input is no cached input
counted as (
    select
        *,
        counts['input_tokens'] as input_uncached,
        coalesce(counts['cache_read_input_tokens'], 0) as cache_read,
        coalesce(
            counts['cache_creation_input_tokens'],
            coalesce(write_details['ephemeral_5m_input_tokens'], 0)
                + coalesce(write_details['ephemeral_1h_input_tokens'], 0)
        ) as cache_write,
        write_details['ephemeral_5m_input_tokens'] as split_5m,
        write_details['ephemeral_1h_input_tokens'] as split_1h,
        counts['output_tokens'] as output_total,
        counts['output_tokens_details']['thinking_tokens'] as output_reasoning
    from calls_in
),

-- parts stay as stated: where they are more than their whole, the contract rejects the row
split as (
    select
        *,
        input_uncached + cache_read + cache_write as input_total,
        coalesce(split_5m, cache_write - coalesce(split_1h, 0)) as cache_write_5m,
        coalesce(split_1h, cache_write - coalesce(split_5m, cache_write)) as cache_write_1h,
        cache_write = 0 or split_5m is not null or split_1h is not null as is_split_known
    from counted
)

select
    _object_key as x_object_key,
    _line as x_line,
    begun_at as x_start_time,
    ended_at as x_end_time,
    case
        when date_trunc('second', ended_at) = ended_at then 's'
        when date_trunc('millisecond', ended_at) = ended_at then 'ms'
        else 'us'
    end as x_time_precision,
    duration_ms as x_duration_ms,
    'chat' as gen_ai_operation_name,
    provider as gen_ai_provider_name,
    coalesce(asked['model'], response['model']) as gen_ai_request_model,
    response['model'] as gen_ai_response_model,
    response['id'] as gen_ai_response_id,
    request_id as x_request_id,
    input_total as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_uncached as usage_input_uncached_tokens,
    case when input_total is not null then cache_read end as usage_cache_read_tokens,
    case when input_total is not null then cache_write_5m end as usage_cache_write_5m_tokens,
    case when input_total is not null then cache_write_1h end as usage_cache_write_1h_tokens,
    output_total - coalesce(output_reasoning, 0) as usage_output_visible_tokens,
    output_reasoning as usage_output_reasoning_tokens,
    case
        when input_total is null then 'missing'
        when is_split_known then 'exclusive_repaired'
        else 'assumed'
    end as x_usage_semantics,
    -- fetches and code runs are not billed per call
    counts['server_tool_use']['web_search_requests'] as x_server_tool_requests,
    case
        when error_word like '%expired%' then 'expired'
        when error_word like '%cancel%' then 'canceled'
        when error is not null or response['type'] = 'error' then 'error'
        when response is not null then 'ok'
        else 'unknown'
    end as x_status,
    error_word as error_type,
    error['status'] as http_response_status_code,
    case
        when response['stop_reason'] in ('end_turn', 'stop_sequence') then 'stop'
        when response['stop_reason'] in ('max_tokens', 'model_context_window_exceeded') then 'length'
        when response['stop_reason'] = 'tool_use' then 'tool_calls'
        when response['stop_reason'] = 'refusal' then 'refusal'
        when response['stop_reason'] is not null then 'other'
    end as gen_ai_response_finish_reason,
    attempt as x_attempt,
    logical_request_id as x_logical_request_id,
    asked['stream'] as gen_ai_request_stream,
    asked['max_tokens'] as gen_ai_request_max_tokens,
    case
        when regexp_like(asked['output_format'], '"json_schema"') then 'json_schema'
        when regexp_like(asked['tool_choice'], '^\s*\{[^{}]*"type"\s*:\s*"(tool|any)"') then 'forced_tool'
    end as x_response_format,
    coalesce(
        asked['has_tools'],
        regexp_like(asked['tools'], '^\s*\[\s*[^\]\s]'),
        case when response['stop_reason'] = 'tool_use' then true end
    ) as x_has_tools,
    asked['has_image'] as x_has_image,
    coalesce(asked['reasoning_effort'], asked['output_config']['effort']) as x_reasoning_effort,
    -- fast speed has prices of its own: no tier of the contract, so it is passed on and stays unpriced
    coalesce(
        lower(tier),
        case when counts['speed'] = 'fast' then 'fast' end,
        lower(counts['service_tier'])
    ) as x_service_tier,
    workload as x_workload_tag,
    prompt_name as gen_ai_prompt_name,
    app as x_app,
    api_key_alias as x_api_key_alias,
    asked['system'] as x_template_id,
    env as x_environment,
    team as x_team,
    nullif(counts['inference_geo'], 'not_available') as region_id
from split
