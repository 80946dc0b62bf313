-- One logged call of a model of Google or Anthropic on Vertex AI.
--
-- grain:  response id of Gemini or Claude, else request_id
-- tokens: the last chunk that has counts holds those of the whole call. Gemini: cached input included, prompts of tools
--         and thoughts beside. Claude: cached input beside input, thinking included; a stream's start has the input
-- docs:   https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/request-response-logging
with chunks as (
    select
        *,
        array_filter(response_payload, chunk -> chunk['usageMetadata'] is not null)[-1] as last_counts,
        array_filter(response_payload, chunk -> chunk['usage'] is not null)[-1] as last_usage,
        array_filter(response_payload, chunk -> chunk['message'] is not null)[1]['message'] as begun,
        array_filter(response_payload, chunk -> chunk['candidates'] is not null)[-1]['candidates'] as candidates,
        array_filter(response_payload, chunk -> chunk['promptFeedback'] is not null)[1]['promptFeedback'] as feedback,
        array_filter(response_payload, chunk -> chunk['error'] is not null)[1]['error'] as error,
        array_any_match(
            response_payload,
            chunk -> array_any_match(
                chunk['candidates'],
                one -> regexp_like(one['content'], '"functionCall"\s*:')
            )
        ) as calls_function,
        request_payload[1] as request
    from vertex_request_response
),

bodies as (
    select
        *,
        last_counts['usageMetadata'] as counts,
        coalesce(last_usage['id'], begun['id'], response_payload[1]['responseId']) as response_id,
        coalesce(last_usage['model'], begun['model'], last_counts['modelVersion']) as served_model,
        coalesce(last_usage['stop_reason'], last_usage['delta']['stop_reason']) as stop_reason,
        -- a stream's end may leave out what its start said
        coalesce(last_usage['usage']['input_tokens'], begun['usage']['input_tokens']) as claude_uncached,
        coalesce(
            last_usage['usage']['cache_read_input_tokens'], begun['usage']['cache_read_input_tokens'], 0
        ) as claude_read,
        coalesce(
            last_usage['usage']['cache_creation_input_tokens'], begun['usage']['cache_creation_input_tokens'], 0
        ) as claude_write,
        coalesce(last_usage['usage']['cache_creation'], begun['usage']['cache_creation']) as write_details,
        -- the start's count of output is not the call's
        last_usage['usage']['output_tokens'] as claude_output,
        last_usage['usage']['output_tokens_details']['thinking_tokens'] as claude_thinking
    from chunks
),

-- counts of zero are left out of Gemini's body
counted as (
    select
        *,
        case when counts is not null then coalesce(counts['promptTokenCount'], 0) end as prompt,
        case when counts is not null then coalesce(counts['toolUsePromptTokenCount'], 0) end as tool_prompt,
        case when counts is not null then coalesce(counts['cachedContentTokenCount'], 0) end as cache_read,
        case
            when coalesce(counts['totalTokenCount'], counts['candidatesTokenCount'], counts['thoughtsTokenCount'])
                is not null
            then coalesce(counts['candidatesTokenCount'], 0)
        end as candidates_total,
        array_concat(counts['promptTokensDetails'], counts['toolUsePromptTokensDetails']) as input_parts,
        claude_uncached + claude_read + claude_write as claude_input
    from bodies
),

-- pages of documents are counted as images; the cached part of audio and images is in the cache bucket
stated as (
    select
        *,
        prompt + tool_prompt as input_total,
        cast(array_sum(array_transform(
            array_filter(input_parts, p -> p['modality'] = 'AUDIO'),
            p -> p['tokenCount']
        )) as bigint) as audio_stated,
        cast(array_sum(array_transform(
            array_filter(input_parts, p -> p['modality'] in ('IMAGE', 'DOCUMENT')),
            p -> p['tokenCount']
        )) as bigint) as image_stated,
        cast(array_sum(array_transform(
            array_filter(counts['cacheTokensDetails'], p -> p['modality'] = 'AUDIO'),
            p -> p['tokenCount']
        )) as bigint) as audio_cached,
        cast(array_sum(array_transform(
            array_filter(counts['cacheTokensDetails'], p -> p['modality'] in ('IMAGE', 'DOCUMENT')),
            p -> p['tokenCount']
        )) as bigint) as image_cached,
        cast(array_sum(array_transform(
            array_filter(counts['candidatesTokensDetails'], p -> p['modality'] = 'AUDIO'),
            p -> p['tokenCount']
        )) as bigint) as output_audio,
        cast(array_sum(array_transform(
            array_filter(counts['candidatesTokensDetails'], p -> p['modality'] in ('IMAGE', 'DOCUMENT')),
            p -> p['tokenCount']
        )) as bigint) as output_image,
        coalesce(
            counts['thoughtsTokenCount'],
            nullif(counts['totalTokenCount'] - prompt - tool_prompt - candidates_total, 0)
        ) as output_reasoning,
        cache_read > 0 and counts['cacheTokensDetails'] is null as is_cache_unsplit
    from counted
),

calls as (
    select
        *,
        case
            when is_cache_unsplit and audio_stated <= input_total then least(audio_stated, input_total - cache_read)
            else audio_stated - coalesce(audio_cached, 0)
        end as input_audio,
        case
            when is_cache_unsplit and image_stated <= input_total
            then least(image_stated, greatest(input_total - cache_read - coalesce(audio_stated, 0), 0))
            else image_stated - coalesce(image_cached, 0)
        end as input_image,
        candidates_total + coalesce(output_reasoning, 0) as output_total,
        candidates_total - coalesce(output_audio, 0) - coalesce(output_image, 0) as output_visible,
        coalesce(candidates[1]['finishReason'], feedback['blockReason']) as finish
    from stated
)

select
    _object_key as x_object_key,
    _line as x_line,
    logging_time as x_end_time,
    'us' as x_time_precision,
    case when endpoint like '%/publishers/google/%' then 'generate_content' else 'chat' end as gen_ai_operation_name,
    'gcp.vertex_ai' as gen_ai_provider_name,
    regexp_extract(endpoint, '/models/([^/:]+)') as gen_ai_request_model,
    coalesce(served_model, regexp_extract(endpoint, '/models/([^/:]+)')) as gen_ai_response_model,
    response_id as gen_ai_response_id,
    request_id as x_request_id,
    coalesce(claude_input, input_total) as gen_ai_usage_input_tokens,
    coalesce(claude_output, output_total) as gen_ai_usage_output_tokens,
    coalesce(
        claude_uncached,
        input_total - cache_read - coalesce(input_audio, 0) - coalesce(input_image, 0)
    ) as usage_input_uncached_tokens,
    case when claude_input is not null then claude_read else cache_read end as usage_cache_read_tokens,
    -- Gemini's cache is paid by the hour, not by what is written; Claude's parts must add up
    case
        when claude_input is not null
        then greatest(
            write_details['ephemeral_5m_input_tokens'],
            claude_write - coalesce(write_details['ephemeral_1h_input_tokens'], 0)
        )
        when input_total is not null then 0
    end as usage_cache_write_5m_tokens,
    case
        when claude_input is not null then coalesce(write_details['ephemeral_1h_input_tokens'], 0)
        when input_total is not null then 0
    end as usage_cache_write_1h_tokens,
    input_audio as usage_input_audio_tokens,
    input_image as usage_input_image_tokens,
    coalesce(claude_output - coalesce(claude_thinking, 0), output_visible) as usage_output_visible_tokens,
    coalesce(claude_thinking, output_reasoning) as usage_output_reasoning_tokens,
    output_audio as usage_output_audio_tokens,
    output_image as usage_output_image_tokens,
    case
        when claude_input is not null and claude_write > 0 and write_details is null then 'assumed'
        when claude_input is not null then 'exclusive_repaired'
        when input_total is null then 'missing'
        when is_cache_unsplit and greatest(audio_stated, image_stated) > 0 then 'assumed'
        else 'inclusive'
    end as x_usage_semantics,
    last_usage['usage']['server_tool_use']['web_search_requests'] as x_server_tool_requests,
    case
        when error['status'] = 'CANCELLED' then 'canceled'
        when error is not null then 'error'
        when array_length(response_payload) > 0 then 'ok'
        else 'unknown'
    end as x_status,
    coalesce(error['status'], error['type'], error['code']) as error_type,
    try_cast(error['code'] as bigint) as http_response_status_code,
    case
        when calls_function or stop_reason = 'tool_use' then 'tool_calls'
        when finish = 'STOP' or stop_reason in ('end_turn', 'stop_sequence') then 'stop'
        when finish = 'MAX_TOKENS' or stop_reason in ('max_tokens', 'model_context_window_exceeded') then 'length'
        when stop_reason = 'refusal' then 'refusal'
        when regexp_like(finish, 'SAFETY|RECITATION|BLOCKLIST|PROHIBITED_CONTENT|SPII') then 'content_filter'
        when coalesce(finish, stop_reason) is not null then 'other'
    end as gen_ai_response_finish_reason,
    case when array_length(response_payload) > 1 then true else request['stream'] end as gen_ai_request_stream,
    coalesce(request['generationConfig']['maxOutputTokens'], request['max_tokens']) as gen_ai_request_max_tokens,
    case
        when request['generationConfig']['responseSchema'] is not null then 'json_schema'
        when request['generationConfig']['responseMimeType'] = 'application/json' then 'json_object'
    end as x_response_format,
    coalesce(
        regexp_like(request['tools'], '^\s*\[\s*[^\]\s]'),
        case when calls_function or stop_reason = 'tool_use' or tool_prompt > 0 then true end
    ) as x_has_tools,
    case
        when image_stated > 0
            or regexp_like(request['contents'], '"mime_?[tT]ype"\s*:\s*"(image/|application/pdf)')
            or regexp_like(request['messages'], '"type"\s*:\s*"(image|document)"')
        then true
    end as x_has_image,
    case
        when audio_stated > 0 or output_audio > 0 or regexp_like(request['contents'], '"mime_?[tT]ype"\s*:\s*"audio/')
        then true
    end as x_has_audio,
    lower(request['generationConfig']['thinkingConfig']['thinkingLevel']) as x_reasoning_effort,
    case
        when counts['trafficType'] like 'PROVISIONED%' then 'provisioned'
        when counts['trafficType'] like '%PRIORITY' then 'priority'
        when counts['trafficType'] like '%FLEX' then 'flex'
        when counts['trafficType'] = 'ON_DEMAND' then 'standard'
    end as x_service_tier,
    coalesce(request['labels']['workload'], request['labels']['feature']) as x_workload_tag,
    request['labels']['app'] as x_app,
    request['labels']['env'] as x_environment,
    request['labels']['team'] as x_team,
    regexp_extract(endpoint, 'projects/([^/]+)/') as sub_account_id,
    regexp_extract(endpoint, 'locations/([^/]+)/') as region_id
from calls
