-- One attempt of a call, as the caller logged it around OpenAI's response.
--
-- grain:  response.id, else request_id, else the line
-- tokens: cached input is included in input, so are cache writes, audio and images; reasoning is included in output
-- docs:   https://platform.openai.com/docs/api-reference/chat/object
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
        request_id,
        coalesce(provider, 'openai') as provider,
        tier,
        error,
        request as asked,
        response,
        response['usage'] as counts,
        response['metadata'] as response_tags,
        coalesce(response['usage']['prompt_tokens'], response['usage']['input_tokens']) as input_total,
        -- embeddings have no output count
        coalesce(response['usage']['completion_tokens'], response['usage']['output_tokens']) as output_total
    from openai_envelope
),

-- one reading for both shapes; an absent count of cached input is no cached input
stated as (
    select
        *,
        case
            when input_total is not null
            then coalesce(
                counts['prompt_tokens_details']['cached_tokens'],
                counts['input_tokens_details']['cached_tokens'],
                0
            )
        end as cache_read,
        case
            when input_total is not null
            then coalesce(
                counts['prompt_tokens_details']['cache_write_tokens'],
                counts['input_tokens_details']['cache_write_tokens'],
                0
            )
        end as cache_write,
        coalesce(counts['prompt_tokens_details'], counts['input_tokens_details']) as input_details,
        coalesce(
            counts['completion_tokens_details']['reasoning_tokens'],
            counts['output_tokens_details']['reasoning_tokens']
        ) as output_reasoning,
        coalesce(
            counts['completion_tokens_details']['audio_tokens'],
            counts['output_tokens_details']['audio_tokens']
        ) as output_audio,
        coalesce(
            counts['completion_tokens_details']['image_tokens'],
            counts['output_tokens_details']['image_tokens']
        ) as output_image
    from calls_in
),

-- audio and images may be cached too: then they take what the cache left. Else parts stay as stated, and where
-- they are more than their whole, the contract rejects the row
audio as (
    select
        *,
        case
            when input_details['audio_tokens'] between input_total - cache_read - cache_write and input_total
            then input_total - cache_read - cache_write
            else input_details['audio_tokens']
        end as input_audio
    from stated
),

images as (
    select
        *,
        case
            when input_details['image_tokens']
                between input_total - cache_read - cache_write - coalesce(input_audio, 0) and input_total
            then input_total - cache_read - cache_write - coalesce(input_audio, 0)
            else input_details['image_tokens']
        end as input_image
    from audio
),

-- response_format, tools and tool_choice are raw JSON text: a word or an object
facts as (
    select
        *,
        lower(coalesce(error['type'], error['code'], response['error']['code'])) as error_word,
        coalesce(
            lower(response['choices'][1]['finish_reason']),
            response['incomplete_details']['reason'],
            case when response['status'] = 'completed' then 'stop' end
        ) as finish,
        array_any_match(response['output'], item -> item['type'] = 'function_call') as has_function_call,
        array_filter(
            response['output'],
            item -> item['type'] = 'web_search_call' or item['type'] = 'file_search_call'
        ) as billed_tool_calls,
        coalesce(
            response['text']['format']['type'],
            regexp_extract(asked['response_format'], '^\s*"(text|json_object|json_schema)"\s*$'),
            regexp_extract(asked['response_format'], '^\s*\{[^{}]*"type"\s*:\s*"(text|json_object|json_schema)"'),
            case when regexp_like(asked['response_format'], '"json_schema"\s*:') then 'json_schema' end
        ) as format_asked,
        regexp_like(
            coalesce(asked['tool_choice'], response['tool_choice']),
            '^\s*("required"|\{[^{}]*"type"\s*:\s*"function")'
        ) as has_forced_tool,
        lower(coalesce(tier, response['service_tier'])) as served_tier,
        array_to_string(
            array_transform(
                array_filter(map_entries(response['metadata']), entry -> entry['value'] is not null),
                entry -> concat(json_string(entry['key']), ':', json_string(entry['value']))
            ),
            ','
        ) as tag_text
    from images
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
    case
        when response['object'] in ('chat.completion', 'response') then 'chat'
        when response['object'] = 'text_completion' then 'text_completion'
        when response['object'] = 'list' then 'embeddings'
    end as gen_ai_operation_name,
    provider as gen_ai_provider_name,
    coalesce(asked['model'], response['model']) as gen_ai_request_model,
    response['model'] as gen_ai_response_model,
    response['id'] as gen_ai_response_id,
    request_id as x_request_id,
    input_total as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_total - cache_read - cache_write - coalesce(input_audio, 0) - coalesce(input_image, 0)
        as usage_input_uncached_tokens,
    cache_read as usage_cache_read_tokens,
    cache_write as usage_cache_write_5m_tokens,
    case when input_total is not null then 0 end as usage_cache_write_1h_tokens,
    input_audio as usage_input_audio_tokens,
    input_image as usage_input_image_tokens,
    output_total - coalesce(output_reasoning, 0) - coalesce(output_audio, 0) - coalesce(output_image, 0)
        as usage_output_visible_tokens,
    output_reasoning as usage_output_reasoning_tokens,
    output_audio as usage_output_audio_tokens,
    output_image as usage_output_image_tokens,
    case
        when input_total is null then 'missing'
        when cache_read > 0
            and coalesce(input_details['audio_tokens'], 0) + coalesce(input_details['image_tokens'], 0) > 0
        then 'assumed'
        else 'inclusive'
    end as x_usage_semantics,
    cast(array_length(billed_tool_calls) as bigint) as x_server_tool_requests,
    case
        when error_word like '%expired%' then 'expired'
        when error_word like '%cancel%' or response['status'] = 'cancelled' then 'canceled'
        when error is not null or response['error']['code'] is not null or response['status'] = 'failed' then 'error'
        when response['status'] in ('queued', 'in_progress') then 'unknown'
        when response is not null then 'ok'
        else 'unknown'
    end as x_status,
    coalesce(error['type'], error['code'], response['error']['code']) as error_type,
    error['status'] as http_response_status_code,
    case
        when response['choices'][1]['message']['refusal'] is not null then 'refusal'
        when has_function_call or finish in ('tool_calls', 'function_call') then 'tool_calls'
        when finish = 'stop' then 'stop'
        when finish in ('length', 'max_output_tokens', 'max_tokens') then 'length'
        when finish = 'content_filter' then 'content_filter'
        when finish is not null then 'other'
    end as gen_ai_response_finish_reason,
    attempt as x_attempt,
    logical_request_id as x_logical_request_id,
    asked['stream'] as gen_ai_request_stream,
    coalesce(
        asked['max_completion_tokens'], asked['max_output_tokens'], asked['max_tokens'],
        response['max_output_tokens']
    ) as gen_ai_request_max_tokens,
    case
        when format_asked is null or format_asked = 'text'
        then case when has_forced_tool then 'forced_tool' else format_asked end
        else format_asked
    end as x_response_format,
    coalesce(
        asked['has_tools'],
        regexp_like(coalesce(asked['tools'], response['tools']), '^\s*\[\s*[^\]\s]'),
        case when has_function_call or finish in ('tool_calls', 'function_call') then true end
    ) as x_has_tools,
    coalesce(asked['has_image'], case when input_image > 0 then true end) as x_has_image,
    case
        when input_audio > 0 or output_audio > 0 then true
        else asked['has_audio']
    end as x_has_audio,
    coalesce(response['reasoning']['effort'], asked['reasoning_effort']) as x_reasoning_effort,
    case
        when served_tier in ('default', 'standard', 'auto') then 'standard'
        when served_tier = 'fast' then 'priority'
        when served_tier = 'scale' then 'provisioned'
        else served_tier
    end as x_service_tier,
    coalesce(workload, response_tags['workload'], response_tags['feature']) as x_workload_tag,
    coalesce(prompt_name, response['prompt']['id']) as gen_ai_prompt_name,
    response['prompt']['version'] as x_prompt_version,
    coalesce(app, response_tags['app']) as x_app,
    api_key_alias as x_api_key_alias,
    coalesce(asked['messages'], asked['instructions']) as x_template_id,
    env as x_environment,
    team as x_team,
    response['user'] as user_id,
    case when tag_text <> '' then concat('{', tag_text, '}') end as tags
from facts
