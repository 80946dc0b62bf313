-- One answer of an OpenAI batch: a line of its output or error file.
--
-- grain:  body id, else the line's id, else custom_id and the object, for custom_id is unique in its batch only
-- tokens: cached input, cache writes, audio and images are included in input, reasoning in output
-- docs:   https://platform.openai.com/docs/guides/batch
with bodies as (
    select
        _object_key,
        _line,
        _object_modified_at,
        custom_id,
        id as line_id,
        response['request_id'] as header_id,
        response['status_code'] as http_status,
        coalesce(error['code'], response['body']['error']['type'], response['body']['error']['code']) as error_word,
        response['body'] as body,
        response['body']['usage'] as counts,
        response['body']['metadata'] as response_tags,
        coalesce(response['body']['created'], response['body']['created_at']) as created,
        coalesce(response['body']['usage']['prompt_tokens'], response['body']['usage']['input_tokens']) as input_total,
        coalesce(
            response['body']['usage']['completion_tokens'],
            response['body']['usage']['output_tokens']
        ) as output_total,
        coalesce(
            response['body']['usage']['completion_tokens_details']['reasoning_tokens'],
            response['body']['usage']['output_tokens_details']['reasoning_tokens']
        ) as output_reasoning,
        coalesce(
            lower(response['body']['choices'][1]['finish_reason']),
            response['body']['incomplete_details']['reason'],
            case when response['body']['status'] = 'completed' then 'stop' end
        ) as finish,
        array_any_match(response['body']['output'], item -> item['type'] = 'function_call') as has_function_call,
        array_filter(
            response['body']['output'],
            item -> item['type'] = 'web_search_call' or item['type'] = 'file_search_call'
        ) as billed_tool_calls,
        array_to_string(
            array_transform(
                array_filter(map_entries(response['body']['metadata']), entry -> entry['value'] is not null),
                entry -> concat(json_string(entry['key']), ':', json_string(entry['value']))
            ),
            ','
        ) as tag_text
    from openai_batch
    where custom_id is not null and (response is not null or error is not null)
),

-- an absent count of cached input is no cached input
stated as (
    select
        *,
        coalesce(
            counts['prompt_tokens_details']['cached_tokens'],
            counts['input_tokens_details']['cached_tokens'],
            0
        ) as cache_read,
        coalesce(
            counts['prompt_tokens_details']['cache_write_tokens'],
            counts['input_tokens_details']['cache_write_tokens'],
            0
        ) as cache_write,
        coalesce(
            counts['prompt_tokens_details']['audio_tokens'],
            counts['input_tokens_details']['audio_tokens']
        ) as audio_stated,
        coalesce(
            counts['prompt_tokens_details']['image_tokens'],
            counts['input_tokens_details']['image_tokens']
        ) as image_stated,
        coalesce(
            counts['completion_tokens_details']['audio_tokens'],
            counts['output_tokens_details']['audio_tokens']
        ) as output_audio,
        coalesce(
            counts['completion_tokens_details']['image_tokens'],
            counts['output_tokens_details']['image_tokens']
        ) as output_image,
        regexp_like(body['tool_choice'], '^\s*("required"|\{[^{}]*"type"\s*:\s*"function")') as has_forced_tool
    from bodies
),

-- audio and images may be cached as well: they take what reads and writes left; more than the input stays wrong
buckets as (
    select
        *,
        case
            when audio_stated <= input_total
            then least(audio_stated, input_total - cache_read - cache_write)
            else audio_stated
        end as input_audio,
        case
            when image_stated <= input_total
            then least(image_stated, greatest(input_total - cache_read - cache_write - coalesce(audio_stated, 0), 0))
            else image_stated
        end as input_image
    from stated
)

select
    _object_key as x_object_key,
    _line as x_line,
    concat(custom_id, ' of ', _object_key) as x_natural_key,
    to_timestamp_micros(cast(round(created * 1000000) as bigint)) as x_start_time,
    case
        when body['completed_at'] is not null
        then to_timestamp_micros(cast(round(body['completed_at'] * 1000000) as bigint))
        when created is null then _object_modified_at
    end as x_end_time,
    case when coalesce(created, body['completed_at']) is null then 'object' else 's' end as x_time_precision,
    case
        when body['object'] in ('chat.completion', 'response') then 'chat'
        when body['object'] = 'text_completion' then 'text_completion'
        when body['object'] = 'list' then 'embeddings'
    end as gen_ai_operation_name,
    case
        when coalesce(body['prompt_filter_results'], body['choices'][1]['content_filter_results']) is not null
        then 'azure.ai.openai'
        when line_id like 'batch_req_%' or body['id'] is null or regexp_like(
            body['model'], '^(ft:)?(gpt-|chatgpt-|o\d|text-|omni-|computer-use|codex-|davinci|babbage)'
        ) then 'openai'
    end as gen_ai_provider_name,
    body['model'] as gen_ai_request_model,
    body['model'] as gen_ai_response_model,
    body['id'] as gen_ai_response_id,
    coalesce(line_id, nullif(header_id, '')) as x_request_id,
    input_total as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_total - cache_read - cache_write - coalesce(input_audio, 0) - coalesce(input_image, 0)
        as usage_input_uncached_tokens,
    case when input_total is not null then cache_read end as usage_cache_read_tokens,
    case when input_total is not null then cache_write end as usage_cache_write_5m_tokens,
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
        when cache_read + cache_write > 0 and greatest(audio_stated, image_stated) > 0 then 'assumed'
        else 'inclusive'
    end as x_usage_semantics,
    cast(array_length(billed_tool_calls) as bigint) as x_server_tool_requests,
    case
        when error_word like '%expired%' then 'expired'
        when error_word like '%cancel%' or body['status'] = 'cancelled' then 'canceled'
        when error_word is not null or http_status >= 400 or body['status'] = 'failed' then 'error'
        when body is not null then 'ok'
        else 'unknown'
    end as x_status,
    error_word as error_type,
    http_status as http_response_status_code,
    case
        when body['choices'][1]['message']['refusal'] is not null then 'refusal'
        when has_function_call or finish in ('tool_calls', 'function_call') then 'tool_calls'
        when finish = 'stop' then 'stop'
        when finish in ('length', 'max_output_tokens', 'max_tokens') then 'length'
        when finish = 'content_filter' then 'content_filter'
        when finish is not null then 'other'
    end as gen_ai_response_finish_reason,
    body['max_output_tokens'] as gen_ai_request_max_tokens,
    case
        when has_forced_tool and coalesce(body['text']['format']['type'], 'text') = 'text' then 'forced_tool'
        else body['text']['format']['type']
    end as x_response_format,
    coalesce(
        regexp_like(body['tools'], '^\s*\[\s*[^\]\s]'),
        case when has_function_call or finish in ('tool_calls', 'function_call') then true end
    ) as x_has_tools,
    case when image_stated > 0 then true end as x_has_image,
    case when audio_stated > 0 or output_audio > 0 then true end as x_has_audio,
    body['reasoning']['effort'] as x_reasoning_effort,
    'batch' as x_service_tier,
    coalesce(response_tags['workload'], response_tags['feature']) as x_workload_tag,
    body['prompt']['id'] as gen_ai_prompt_name,
    body['prompt']['version'] as x_prompt_version,
    response_tags['app'] as x_app,
    body['user'] as user_id,
    case when tag_text <> '' then concat('{', tag_text, '}') end as tags
from buckets
