-- One call of generateContent, as the response body tells it.
--
-- grain:  responseId, else request_id or the key of a batch's line; of a stream's chunks only the last
-- tokens: cached input is included in the prompt, prompts of tools are beside it, thoughts are beside the candidates;
--         older responses leave thoughts out: then output is the total without the prompts
-- docs:   https://ai.google.dev/api/generate-content#UsageMetadata
with bodies as (
    select
        * exclude (
            "responseId", "modelVersion", "createTime", candidates, "promptFeedback", embedding,
            "usageMetadata", error
        ),
        coalesce("responseId", response['responseId']) as response_id,
        coalesce("modelVersion", response['modelVersion']) as served_model,
        coalesce("createTime", response['createTime']) as created_at,
        coalesce("candidates", response['candidates']) as candidates,
        coalesce("promptFeedback", response['promptFeedback']) as feedback,
        coalesce("embedding", response['embedding']) as embedding,
        coalesce("usageMetadata", response['usageMetadata']) as counts,
        coalesce("error", response['error']) as error
    from gemini
),

last_chunks as (
    select
        *,
        coalesce(counts['totalTokenCount'], counts['promptTokenCount'], counts['candidatesTokenCount']) is not null
            as has_usage,
        coalesce(ts, processed_time) as logged_at
    from bodies
    -- other records may lie beside
    where counts is not null
        or candidates is not null
        or feedback is not null
        or embedding is not null
        or error['status'] is not null
        or processed_time is not null
        or request['model'] like '%gemini%'
    qualify row_number() over (
        partition by _object_key, coalesce(response_id, cast(_line as varchar)), attempt order by _line desc
    ) = 1
),

-- counts of zero are left out of the body
counted as (
    select
        *,
        case when has_usage then coalesce(counts['promptTokenCount'], 0) end as prompt,
        case when has_usage then coalesce(counts['toolUsePromptTokenCount'], 0) end as tool_prompt,
        case when has_usage then coalesce(counts['cachedContentTokenCount'], 0) end as cache_read,
        case
            when has_usage and embedding is null
                and coalesce(counts['totalTokenCount'], counts['candidatesTokenCount'], counts['thoughtsTokenCount'])
                is not null
            then coalesce(counts['candidatesTokenCount'], 0)
        end as candidates_total,
        array_concat(counts['promptTokensDetails'], counts['toolUsePromptTokensDetails']) as input_parts
    from last_chunks
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
        array_any_match(candidates, one -> regexp_like(one['content'], '"functionCall"\s*:')) as has_function_call,
        coalesce(candidates[1]['finishReason'], feedback['blockReason']) as finish
    from stated
)

select
    _object_key as x_object_key,
    _line as x_line,
    case when "key" is not null then concat("key", ' of ', _object_key) end as x_natural_key,
    coalesce(
        started_at,
        ts - arrow_cast(latency_ms, 'Duration(Millisecond)'),
        case when logged_at is null or created_at <= logged_at then created_at end
    ) as x_start_time,
    case when created_at is null then coalesce(logged_at, _object_modified_at) else logged_at end as x_end_time,
    case
        when coalesce(logged_at, created_at) is null then 'object'
        when date_trunc('second', coalesce(logged_at, created_at)) = coalesce(logged_at, created_at) then 's'
        when date_trunc('millisecond', coalesce(logged_at, created_at)) = coalesce(logged_at, created_at) then 'ms'
        else 'us'
    end as x_time_precision,
    coalesce(
        latency_ms,
        cast(round((date_part('epoch', ts) - date_part('epoch', started_at)) * 1000) as bigint)
    ) as x_duration_ms,
    case when embedding is null then 'generate_content' else 'embeddings' end as gen_ai_operation_name,
    coalesce(
        provider,
        case
            when coalesce(counts['trafficType'], cast(coalesce(created_at, processed_time) as varchar)) is not null
            then 'gcp.vertex_ai'
            else 'gcp.gemini'
        end
    ) as gen_ai_provider_name,
    coalesce(regexp_replace(request['model'], '^.*models/', ''), served_model) as gen_ai_request_model,
    served_model as gen_ai_response_model,
    response_id as gen_ai_response_id,
    request_id as x_request_id,
    input_total as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_total - cache_read - coalesce(input_audio, 0) - coalesce(input_image, 0) as usage_input_uncached_tokens,
    cache_read as usage_cache_read_tokens,
    -- a cache is paid by the hour, not by what is written
    case when input_total is not null then 0 end as usage_cache_write_5m_tokens,
    case when input_total is not null then 0 end as usage_cache_write_1h_tokens,
    input_audio as usage_input_audio_tokens,
    input_image as usage_input_image_tokens,
    output_visible as usage_output_visible_tokens,
    output_reasoning as usage_output_reasoning_tokens,
    output_audio as usage_output_audio_tokens,
    output_image as usage_output_image_tokens,
    case
        when input_total is null then 'missing'
        when is_cache_unsplit and greatest(audio_stated, image_stated) > 0 then 'assumed'
        else 'inclusive'
    end as x_usage_semantics,
    case
        when error['status'] = 'CANCELLED' then 'canceled'
        when error['status'] is not null or error['code'] is not null or status <> '' then 'error'
        when counts is not null or candidates is not null or response_id is not null then 'ok'
        else 'unknown'
    end as x_status,
    coalesce(
        error['status'], error['code'], regexp_extract(status, '^([A-Za-z ]+)(?::|$)')
    ) as error_type,
    try_cast(error['code'] as bigint) as http_response_status_code,
    case
        when has_function_call then 'tool_calls'
        when finish = 'STOP' then 'stop'
        when finish = 'MAX_TOKENS' then 'length'
        when regexp_like(finish, 'SAFETY|RECITATION|BLOCKLIST|PROHIBITED_CONTENT|SPII') then 'content_filter'
        when finish is not null then 'other'
    end as gen_ai_response_finish_reason,
    attempt as x_attempt,
    logical_request_id as x_logical_request_id,
    request['stream'] as gen_ai_request_stream,
    request['generationConfig']['maxOutputTokens'] as gen_ai_request_max_tokens,
    case
        when request['generationConfig']['responseSchema'] is not null then 'json_schema'
        when request['generationConfig']['responseMimeType'] = 'application/json' then 'json_object'
    end as x_response_format,
    coalesce(
        regexp_like(request['tools'], '^\s*\[\s*[^\]\s]'),
        case when has_function_call or tool_prompt > 0 then true end
    ) as x_has_tools,
    case
        when image_stated > 0 or regexp_like(request['contents'], '"mime_?[tT]ype"\s*:\s*"(image/|application/pdf)')
        then true
    end as x_has_image,
    case
        when audio_stated > 0 or output_audio > 0 or regexp_like(request['contents'], '"mime_?[tT]ype"\s*:\s*"audio/')
        then true
    end as x_has_audio,
    lower(request['generationConfig']['thinkingConfig']['thinkingLevel']) as x_reasoning_effort,
    coalesce(
        lower(tier),
        case when "key" is not null or processed_time is not null then 'batch' end,
        case
            when counts['trafficType'] like 'PROVISIONED%' then 'provisioned'
            when counts['trafficType'] like '%PRIORITY' then 'priority'
            when counts['trafficType'] like '%FLEX' then 'flex'
            when counts['trafficType'] = 'ON_DEMAND' then 'standard'
            else lower(counts['serviceTier'])
        end
    ) as x_service_tier,
    coalesce(workload, request['labels']['workload'], request['labels']['feature']) as x_workload_tag,
    prompt_name as gen_ai_prompt_name,
    coalesce(app, request['labels']['app']) as x_app,
    api_key_alias as x_api_key_alias,
    coalesce(env, request['labels']['env']) as x_environment,
    coalesce(team, request['labels']['team']) as x_team
from calls
