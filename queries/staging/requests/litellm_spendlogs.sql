-- One call through a LiteLLM proxy, as its table of spend logs has it; what was asked for is not in the table.
--
-- grain:  response id, else call id
-- tokens: cached input is included in input (versions that leave it out are repaired); reasoning is included in output
-- docs:   https://docs.litellm.ai/docs/proxy/cost_tracking
with calls_in as (
    select
        _object_key,
        _line,
        request_id,
        nullif(litellm_call_id, '') as call_id,
        call_type,
        "startTime" as started,
        "endTime" as ended,
        case
            when "completionStartTime" > "startTime" and "completionStartTime" < "endTime" then "completionStartTime"
        end as first_chunk,
        spend,
        model,
        nullif(model_group, '') as alias,
        -- a call that failed before it was routed names its provider in the model at most
        coalesce(nullif(custom_llm_provider, ''), regexp_extract(
            model,
            '^(openai|azure|azure_ai|anthropic|bedrock|vertex_ai|gemini|mistral|cohere|deepseek|groq|together_ai)/'
        )) as provider,
        coalesce(nullif(status, ''), metadata['status']) as outcome,
        lower(cache_hit) = 'true' as is_hit,
        request_tags,
        nullif(end_user, '') as end_user,
        nullif(session_id, '') as trace_id,
        nullif(team_id, '') as team_id,
        metadata,
        metadata['spend_logs_metadata'] as log_tags,
        metadata['usage_object'] as counts,
        metadata['additional_usage_values'] as more_counts,
        coalesce(
            metadata['usage_object']['prompt_tokens_details'],
            metadata['additional_usage_values']['prompt_tokens_details']
        ) as input_details,
        coalesce(
            metadata['usage_object']['completion_tokens_details'],
            metadata['additional_usage_values']['completion_tokens_details']
        ) as output_details,
        coalesce(metadata['usage_object']['prompt_tokens'], prompt_tokens, 0) as logged_input,
        coalesce(metadata['usage_object']['completion_tokens'], completion_tokens, 0) as logged_output,
        response
    from litellm_spendlogs
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
        logged_input + logged_output > 0 as has_usage,
        greatest(
            coalesce(counts['cache_read_input_tokens'], 0),
            coalesce(more_counts['cache_read_input_tokens'], 0),
            coalesce(input_details['cached_tokens'], 0)
        ) as cache_read,
        greatest(
            coalesce(counts['cache_creation_input_tokens'], 0),
            coalesce(more_counts['cache_creation_input_tokens'], 0),
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
            when logged_input >= cache_read + cache_write then logged_input
            when cache_read > 0 and logged_input >= cache_read then logged_input + cache_write
            else logged_input + cache_read + cache_write
        end as input_total,
        case when has_usage then logged_output end as output_total,
        case when has_usage then output_details['reasoning_tokens'] end as output_reasoning,
        case when has_usage then output_details['audio_tokens'] end as output_audio,
        case when has_usage then output_details['image_tokens'] end as output_image
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

-- the response is raw JSON text where prompts are stored; the first key of a name in it counts
facts as (
    select
        *,
        coalesce(regexp_extract(response, '"model"\s*:\s*"([^"\\]+)"'), model) as served_model,
        lower(regexp_extract(response, '"service_tier"\s*:\s*"([A-Za-z_]+)"')) as tier,
        lower(regexp_extract(response, '"(?:finish_reason|stop_reason)"\s*:\s*"([A-Za-z_]+)"')) as finish,
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

-- tags as members of one JSON object: request_tags, then the log's; a key is written once
tagged as (
    select
        *,
        concat_ws(
            ',',
            nullif(array_to_string(array_transform(key_tags, tag -> concat(
                json_string(trim(split_part(tag, ':', 1))), ':', json_string(trim(substr(tag, strpos(tag, ':') + 1)))
            )), ','), ''),
            nullif(array_to_string(array_transform(
                array_filter(
                    map_entries(log_tags),
                    entry -> entry['value'] is not null
                        and not coalesce(
                            array_has(array_transform(key_tags, tag -> trim(split_part(tag, ':', 1))), entry['key']),
                            false
                        )
                ),
                entry -> concat(json_string(entry['key']), ':', json_string(entry['value']))
            ), ','), '')
        ) as tag_text
    from facts
)

select
    _object_key as x_object_key,
    _line as x_line,
    started as x_start_time,
    ended as x_end_time,
    'ms' as x_time_precision,
    case
        when ended >= started
        then cast(round((date_part('epoch', ended) - date_part('epoch', started)) * 1000) as bigint)
    end as x_duration_ms,
    cast(round((date_part('epoch', first_chunk) - date_part('epoch', started)) * 1000) as bigint)
        as x_time_to_first_chunk_ms,
    case
        when regexp_like(call_type, '^a?text_completion') then 'text_completion'
        when regexp_like(call_type, '^a?embedding') then 'embeddings'
        when regexp_like(call_type, '^a?image_') then 'image'
        when regexp_like(call_type, '^a?(completion|responses|retrieve_batch)|^anthropic_messages') then 'chat'
        when regexp_like(call_type, '^a?generate_content') then 'generate_content'
    end as gen_ai_operation_name,
    provider as gen_ai_provider_name,
    coalesce(alias, model) as gen_ai_request_model,
    -- the prefix is the provider and perhaps a route; a host's own names, such as meta-llama/..., keep theirs
    case
        when starts_with(provider, split_part(served_model, '/', 1))
        then regexp_replace(served_model, '^[^/]+/(?:(?:converse|converse_like|invoke)/)?', '')
        else served_model
    end as gen_ai_response_model,
    -- embeddings, images and batches have no response id: theirs is the call's
    case
        when outcome = 'success' and (request_id is distinct from call_id)
            and regexp_like(call_type, '^a?(text_completion|completion|responses|generate_content)|^anthropic_messages')
        then request_id
    end as gen_ai_response_id,
    coalesce(call_id, request_id) as x_request_id,
    trace_id as x_trace_id,
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
        when logged_input < cache_read + cache_write then 'exclusive_repaired'
        -- the route of Anthropic's own API leaves cached input out in some versions
        when call_type like '%anthropic_messages%' and cache_read + cache_write > 0 then 'assumed'
        -- only Anthropic's models have two lifetimes, logged as cache_creation; other writes are short
        when cache_write > 0 and coalesce(split_5m, split_1h, input_details['cache_write_tokens']) is null
        then 'assumed'
        when cache_read > 0
            and coalesce(input_details['audio_tokens'], 0) + coalesce(input_details['image_tokens'], 0) > 0
        then 'assumed'
        else 'inclusive'
    end as x_usage_semantics,
    coalesce(
        counts['server_tool_use']['web_search_requests'],
        more_counts['server_tool_use']['web_search_requests']
    ) as x_server_tool_requests,
    case outcome when 'success' then 'ok' when 'failure' then 'error' else 'unknown' end as x_status,
    case when outcome = 'failure' then nullif(metadata['error_information']['error_class'], '') end as error_type,
    case when outcome = 'failure' then try_cast(metadata['error_information']['error_code'] as bigint) end
        as http_response_status_code,
    case
        when finish in ('stop', 'end_turn', 'stop_sequence') then 'stop'
        when finish in ('length', 'max_tokens', 'max_output_tokens', 'model_context_window_exceeded') then 'length'
        when finish in ('tool_calls', 'tool_use', 'function_call') then 'tool_calls'
        when finish = 'content_filter' then 'content_filter'
        when finish = 'refusal' then 'refusal'
        when finish is not null then 'other'
    end as gen_ai_response_finish_reason,
    case when first_chunk is not null then true end as gen_ai_request_stream,
    case
        when call_type like '%retrieve_batch' or regexp_like(metadata['batch_models'], '^\s*\[\s*[^\]\s]') then 'batch'
        when tier in ('default', 'standard', 'auto', 'on_demand') then 'standard'
        when tier = 'fast' then 'priority'
        when tier = 'scale' then 'provisioned'
        else tier
    end as x_service_tier,
    is_hit as x_gateway_cache_hit,
    coalesce(
        substr(workload_tag, 10), log_tags['workload'], substr(feature_tag, 9), log_tags['feature'], log_tags['job']
    ) as x_workload_tag,
    coalesce(substr(app_tag, 5), log_tags['app']) as x_app,
    nullif(metadata['user_api_key_alias'], '') as x_api_key_alias,
    coalesce(substr(env_tag, 5), log_tags['env']) as x_environment,
    coalesce(nullif(metadata['user_api_key_team_alias'], ''), team_id) as x_team,
    end_user as user_id,
    case when tag_text <> '' then concat('{', tag_text, '}') end as tags,
    -- 0 is what LiteLLM writes on failure and when it knows no price
    case when outcome = 'success' and (spend <> 0 or is_hit) then spend end as x_reported_cost_usd
from tagged
