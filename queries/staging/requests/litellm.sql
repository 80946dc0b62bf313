-- One call through a LiteLLM proxy; attempts inside the proxy are not visible.
--
-- grain:  litellm_call_id, else id
-- tokens: cached input is included in input (versions that leave it out are repaired); reasoning is included in output
-- docs:   https://docs.litellm.ai/docs/proxy/logging_spec
with calls_in as (
    select
        _object_key,
        _line,
        id,
        litellm_call_id,
        trace_id,
        call_type,
        coalesce(stream, false) as is_stream,
        cache_hit,
        status,
        -- a call that failed before it was routed names its provider in the model at most
        coalesce(nullif(custom_llm_provider, ''), regexp_extract(
            model,
            '^(openai|azure|azure_ai|anthropic|bedrock|vertex_ai|gemini|mistral|cohere|deepseek|groq|together_ai)/'
        )) as provider,
        model,
        model_group,
        "startTime" as started,
        "endTime" as ended,
        "completionStartTime" as first_chunk,
        response_cost,
        request_tags,
        end_user,
        metadata,
        metadata['requester_metadata'] as caller_tags,
        metadata['spend_logs_metadata'] as log_tags,
        metadata['usage_object'] as usage_object,
        metadata['usage_object']['prompt_tokens_details'] as input_details,
        metadata['usage_object']['completion_tokens_details'] as output_details,
        coalesce(metadata['usage_object']['prompt_tokens'], prompt_tokens) as logged_input,
        coalesce(metadata['usage_object']['completion_tokens'], completion_tokens) as logged_output,
        messages,
        response,
        model_parameters as asked,
        hidden_params['batch_models'] as batch_models,
        nullif(error_information['error_class'], '') as error_class,
        try_cast(error_information['error_code'] as bigint) as error_code
    from litellm
    -- file, batch-job, vector-store and tool-server calls run no model; a retrieved batch carries its usage
    where not regexp_like(
        coalesce(call_type, ''),
        '^a?(create|list|cancel|delete)_(file|batch|fine_tuning|assistant|thread|container)|^a?(file|vector_store)_|mcp_tool'
    )
),

-- 0 and 0 is how LiteLLM writes "unknown"
stated as (
    select
        *,
        coalesce(logged_input, 0) + coalesce(logged_output, 0) > 0 as has_usage,
        greatest(
            coalesce(usage_object['cache_read_input_tokens'], 0),
            coalesce(input_details['cached_tokens'], 0)
        ) as cache_read,
        greatest(
            coalesce(usage_object['cache_creation_input_tokens'], 0),
            coalesce(input_details['cache_creation_tokens'], 0),
            coalesce(input_details['cache_write_tokens'], 0)
        ) as cache_write,
        input_details['cache_creation_token_details']['ephemeral_5m_input_tokens'] as split_5m,
        input_details['cache_creation_token_details']['ephemeral_1h_input_tokens'] as split_1h
    from calls_in
),

-- inclusive; or reads inside and writes beside (versions of 2024 and 2025); or both beside
inclusive as (
    select
        *,
        case
            when not has_usage then null
            when coalesce(logged_input, 0) >= cache_read + cache_write then coalesce(logged_input, 0)
            when cache_read > 0 and logged_input >= cache_read then logged_input + cache_write
            else coalesce(logged_input, 0) + cache_read + cache_write
        end as input_total,
        case when has_usage then coalesce(logged_output, 0) end as output_total,
        case when has_usage then output_details['reasoning_tokens'] end as output_reasoning,
        case when has_usage then output_details['audio_tokens'] end as output_audio,
        case when has_usage then output_details['image_tokens'] end as output_image,
        -- only Anthropic's models have two lifetimes, logged as cache_creation; other writes are short
        cache_write = 0
            or split_5m is not null
            or split_1h is not null
            or input_details['cache_write_tokens'] is not null as is_split_known
    from stated
),

-- audio and images may be cached too: then they take what the cache left. Else parts stay as stated, and where
-- they are more than their whole, the contract rejects the row
audio as (
    select
        *,
        case
            when not has_usage then null
            when input_details['audio_tokens'] between input_total - cache_read - cache_write and input_total
            then input_total - cache_read - cache_write
            else input_details['audio_tokens']
        end as input_audio
    from inclusive
),

buckets as (
    select
        *,
        case
            when not has_usage then null
            when input_details['image_tokens']
                between input_total - cache_read - cache_write - coalesce(input_audio, 0) and input_total
            then input_total - cache_read - cache_write - coalesce(input_audio, 0)
            else input_details['image_tokens']
        end as input_image
    from audio
),

-- response, messages and tools are raw JSON text; a quote inside text is escaped there, so these
-- patterns meet keys only, at any depth: the first one in the text counts
facts as (
    select
        *,
        coalesce(regexp_extract(response, '"model"\s*:\s*"([^"\\]+)"'), model) as served_model,
        lower(coalesce(
            regexp_extract(response, '"service_tier"\s*:\s*"([A-Za-z_]+)"'),
            asked['service_tier']
        )) as tier,
        lower(coalesce(
            regexp_extract(response, '"(?:finish_reason|stop_reason)"\s*:\s*"([A-Za-z_]+)"'),
            regexp_extract(response, '"incomplete_details"\s*:\s*\{\s*"reason"\s*:\s*"([a-z_]+)"')
        )) as finish,
        coalesce(
            regexp_extract(asked['response_format'], '^\s*\{[^{}]*"type"\s*:\s*"(text|json_object|json_schema)"'),
            regexp_extract(asked['text'], '"format"\s*:\s*\{[^{}]*"type"\s*:\s*"(text|json_object|json_schema)"'),
            case when regexp_like(asked['response_format'], '"json_schema"\s*:') then 'json_schema' end,
            case
                when regexp_like(asked['tool_choice'], '^\s*("required"|"any"|\{[^{}]*"type"\s*:\s*"(function|tool|any)")')
                then 'forced_tool'
            end,
            case when asked is not null then 'text' end
        ) as response_format,
        coalesce(
            regexp_extract(asked['reasoning_effort'], '^\s*"([A-Za-z_]+)"\s*$'),
            regexp_extract(asked['reasoning_effort'], '"effort"\s*:\s*"([A-Za-z_]+)"'),
            regexp_extract(asked['reasoning'], '"effort"\s*:\s*"([A-Za-z_]+)"')
        ) as reasoning_effort,
        regexp_like(messages, '^\s*\[\s*\{') and not regexp_like(messages, '"redacted-by-litellm"') as has_content,
        array_first(request_tags, tag -> starts_with(tag, 'app:')) as app_tag,
        array_first(request_tags, tag -> starts_with(tag, 'workload:')) as workload_tag,
        array_first(request_tags, tag -> starts_with(tag, 'feature:')) as feature_tag,
        array_first(request_tags, tag -> starts_with(tag, 'env:')) as env_tag,
        array_filter(
            request_tags,
            tag -> strpos(tag, ':') > 1 and not starts_with(tag, 'User-Agent:')
        ) as key_tags
    from buckets
),

-- tags as members of one JSON object: request_tags, then the caller's, then the log's; a key is written once
tag_keys as (
    select *, array_transform(key_tags, tag -> trim(split_part(tag, ':', 1))) as keys_written
    from facts
),

tag_members as (
    select
        *,
        array_transform(key_tags, tag -> concat(
            json_string(trim(split_part(tag, ':', 1))), ':', json_string(trim(substr(tag, strpos(tag, ':') + 1)))
        )) as request_members,
        array_transform(
            array_filter(
                map_entries(caller_tags),
                entry -> entry['value'] is not null and not coalesce(array_has(keys_written, entry['key']), false)
            ),
            entry -> concat(json_string(entry['key']), ':', json_string(entry['value']))
        ) as caller_members,
        array_transform(
            array_filter(
                map_entries(log_tags),
                entry -> entry['value'] is not null
                    and not coalesce(array_has(keys_written, entry['key']), false)
                    and not coalesce(array_has(map_keys(caller_tags), entry['key']), false)
            ),
            entry -> concat(json_string(entry['key']), ':', json_string(entry['value']))
        ) as log_members
    from tag_keys
),

tagged as (
    select
        *,
        concat_ws(
            ',',
            nullif(array_to_string(request_members, ','), ''),
            nullif(array_to_string(caller_members, ','), ''),
            nullif(array_to_string(log_members, ','), '')
        ) as tag_text
    from tag_members
)

select
    _object_key as x_object_key,
    _line as x_line,
    to_timestamp_micros(cast(round(started * 1000000) as bigint)) as x_start_time,
    to_timestamp_micros(cast(round(ended * 1000000) as bigint)) as x_end_time,
    'us' as x_time_precision,
    case when ended >= started then cast(round((ended - started) * 1000) as bigint) end as x_duration_ms,
    case
        when is_stream and status = 'success' and first_chunk >= started
        then cast(round((first_chunk - started) * 1000) as bigint)
    end as x_time_to_first_chunk_ms,
    case
        when regexp_like(call_type, '^a?text_completion') then 'text_completion'
        when regexp_like(call_type, '^a?embedding') then 'embeddings'
        when regexp_like(call_type, '^a?image_') then 'image'
        when regexp_like(call_type, '^a?(completion|responses|retrieve_batch)|^anthropic_messages') then 'chat'
        when regexp_like(call_type, '^a?generate_content') then 'generate_content'
    end as gen_ai_operation_name,
    provider as gen_ai_provider_name,
    coalesce(nullif(model_group, ''), model) as gen_ai_request_model,
    -- the prefix is the provider and perhaps a route; a host's own names, such as meta-llama/..., keep theirs
    case
        when starts_with(provider, split_part(served_model, '/', 1))
        then regexp_replace(served_model, '^[^/]+/(?:(?:converse|converse_like|invoke)/)?', '')
        else served_model
    end as gen_ai_response_model,
    case when status = 'success' and id is distinct from litellm_call_id then id end as gen_ai_response_id,
    coalesce(litellm_call_id, id) as x_request_id,
    nullif(trace_id, '') as x_trace_id,
    input_total as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_total - cache_read - cache_write - coalesce(input_audio, 0) - coalesce(input_image, 0)
        as usage_input_uncached_tokens,
    case when has_usage then cache_read end as usage_cache_read_tokens,
    case when has_usage then coalesce(split_5m, cache_write - coalesce(split_1h, 0)) end as usage_cache_write_5m_tokens,
    case when has_usage then coalesce(split_1h, cache_write - coalesce(split_5m, cache_write)) end
        as usage_cache_write_1h_tokens,
    input_audio as usage_input_audio_tokens,
    input_image as usage_input_image_tokens,
    output_total - coalesce(output_reasoning, 0) - coalesce(output_audio, 0) - coalesce(output_image, 0)
        as usage_output_visible_tokens,
    output_reasoning as usage_output_reasoning_tokens,
    output_audio as usage_output_audio_tokens,
    output_image as usage_output_image_tokens,
    case
        when not has_usage then 'missing'
        when coalesce(logged_input, 0) < cache_read + cache_write then 'exclusive_repaired'
        -- the route of Anthropic's own API leaves cached input out in some versions
        when call_type like '%anthropic_messages%' and cache_read + cache_write > 0 then 'assumed'
        when not is_split_known then 'assumed'
        when cache_read > 0
            and coalesce(input_details['audio_tokens'], 0) + coalesce(input_details['image_tokens'], 0) > 0
        then 'assumed'
        else 'inclusive'
    end as x_usage_semantics,
    coalesce(usage_object['server_tool_use']['web_search_requests'], input_details['web_search_requests'])
        as x_server_tool_requests,
    case status when 'success' then 'ok' when 'failure' then 'error' else 'unknown' end as x_status,
    case when status = 'failure' then error_class end as error_type,
    case when status = 'failure' then error_code end as http_response_status_code,
    case
        when finish in ('stop', 'end_turn', 'stop_sequence') then 'stop'
        when finish in ('length', 'max_tokens', 'max_output_tokens', 'model_context_window_exceeded') then 'length'
        when finish in ('tool_calls', 'tool_use', 'function_call') then 'tool_calls'
        when finish = 'content_filter' then 'content_filter'
        when finish = 'refusal' then 'refusal'
        when finish is not null then 'other'
    end as gen_ai_response_finish_reason,
    is_stream as gen_ai_request_stream,
    coalesce(asked['max_completion_tokens'], asked['max_tokens'], asked['max_output_tokens'])
        as gen_ai_request_max_tokens,
    response_format as x_response_format,
    case
        when asked is not null then coalesce(regexp_like(asked['tools'], '^\s*\[\s*[^\]\s]'), false)
    end as x_has_tools,
    case
        when input_image > 0
            or regexp_like(messages, '"type"\s*:\s*"(image_url|input_image|image|file|input_file|document)"')
        then true
        when has_content then false
    end as x_has_image,
    case
        when input_audio > 0 or output_audio > 0 or regexp_like(messages, '"type"\s*:\s*"input_audio"')
        then true
        when has_content then false
    end as x_has_audio,
    reasoning_effort as x_reasoning_effort,
    case
        when call_type like '%retrieve_batch' or regexp_like(batch_models, '^\s*\[\s*[^\]\s]') then 'batch'
        when tier in ('default', 'standard', 'auto', 'on_demand') then 'standard'
        when tier = 'fast' then 'priority'
        when tier = 'scale' then 'provisioned'
        else tier
    end as x_service_tier,
    cache_hit as x_gateway_cache_hit,
    coalesce(
        substr(workload_tag, 10), caller_tags['workload'], log_tags['workload'],
        substr(feature_tag, 9), caller_tags['feature'], log_tags['feature'],
        caller_tags['job'], log_tags['job']
    ) as x_workload_tag,
    metadata['prompt_management_metadata']['prompt_id'] as gen_ai_prompt_name,
    coalesce(substr(app_tag, 5), caller_tags['app'], log_tags['app']) as x_app,
    nullif(metadata['user_api_key_alias'], '') as x_api_key_alias,
    nullif(metadata['user_api_key_request_route'], '') as x_endpoint,
    coalesce(substr(env_tag, 5), caller_tags['env'], log_tags['env']) as x_environment,
    coalesce(nullif(metadata['user_api_key_team_alias'], ''), nullif(metadata['user_api_key_team_id'], ''))
        as x_team,
    coalesce(nullif(end_user, ''), nullif(metadata['user_api_key_end_user_id'], '')) as user_id,
    case when tag_text <> '' then concat('{', tag_text, '}') end as tags,
    -- 0 is what LiteLLM writes on failure and when it knows no price
    case when status = 'success' and (response_cost <> 0 or cache_hit) then response_cost end
        as x_reported_cost_usd
from tagged
