-- One call, as the body of OpenAI's response tells it.
--
-- grain:  id, else the line
-- tokens: cached input, cache writes, audio and images are included in input, reasoning in output; some APIs that
--         speak OpenAI's leave reasoning out of completion_tokens and only total_tokens has it
-- docs:   https://platform.openai.com/docs/api-reference/chat/object
with bodies as (
    select
        *,
        usage as counts,
        case
            when coalesce(created, created_at) >= 100000000000 then coalesce(created, created_at) / 1000
            when coalesce(created, created_at) >= 946684800 then coalesce(created, created_at)
        end as created_seconds,
        coalesce(usage['prompt_tokens'], usage['input_tokens']) as input_total,
        coalesce(usage['completion_tokens'], usage['output_tokens']) as output_stated,
        coalesce(
            usage['completion_tokens_details']['reasoning_tokens'],
            usage['output_tokens_details']['reasoning_tokens']
        ) as reasoning_stated,
        coalesce(
            lower(choices[1]['finish_reason']),
            incomplete_details['reason'],
            case when status = 'completed' then 'stop' end
        ) as finish,
        array_any_match(output, item -> item['type'] = 'function_call') as has_function_call,
        array_filter(
            output,
            item -> item['type'] = 'web_search_call' or item['type'] = 'file_search_call'
        ) as billed_tool_calls
    from openai_response
    -- other records may lie beside; of a stream only the chunk with the counts is a call
    where object in ('chat.completion', 'text_completion', 'text.completion', 'response', 'list')
        or (object = 'chat.completion.chunk' and usage is not null)
        or (
            coalesce(object, type, custom_id) is null
            and not coalesce(regexp_like(error['status'], '[A-Z]'), false)
            and coalesce(error['type'], error['code']) is not null
        )
),

-- an absent count of cached input is no cached input
stated as (
    select
        *,
        coalesce(
            counts['prompt_tokens_details']['cached_tokens'],
            counts['input_tokens_details']['cached_tokens'],
            counts['prompt_cache_hit_tokens'],
            counts['cached_tokens'],
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
        -- output beyond the stated one: reasoning that was left out of it
        case
            when counts['total_tokens'] > input_total + output_stated
                and coalesce(reasoning_stated, 0) in (0, counts['total_tokens'] - input_total - output_stated)
            then counts['total_tokens'] - input_total - output_stated
            else 0
        end as output_left_out,
        coalesce(
            counts['completion_tokens_details']['audio_tokens'],
            counts['output_tokens_details']['audio_tokens']
        ) as output_audio,
        coalesce(
            counts['completion_tokens_details']['image_tokens'],
            counts['output_tokens_details']['image_tokens']
        ) as output_image,
        regexp_like(tool_choice, '^\s*("required"|\{[^{}]*"type"\s*:\s*"function")') as has_forced_tool,
        lower(service_tier) as served_tier,
        array_to_string(
            array_transform(
                array_filter(map_entries(metadata), entry -> entry['value'] is not null),
                entry -> concat(json_string(entry['key']), ':', json_string(entry['value']))
            ),
            ','
        ) as tag_text
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
        end as input_image,
        output_stated + output_left_out as output_total,
        case when output_left_out > 0 then output_left_out else reasoning_stated end as output_reasoning
    from stated
)

select
    _object_key as x_object_key,
    _line as x_line,
    to_timestamp_micros(cast(round(created_seconds * 1000000) as bigint)) as x_start_time,
    case
        when completed_at is not null then to_timestamp_micros(cast(round(completed_at * 1000000) as bigint))
        when created_seconds is null then _object_modified_at
    end as x_end_time,
    case when coalesce(created_seconds, completed_at) is null then 'object' else 's' end as x_time_precision,
    case
        when object like 'chat.completion%' or object = 'response' then 'chat'
        when object in ('text_completion', 'text.completion') then 'text_completion'
        when object = 'list' then 'embeddings'
    end as gen_ai_operation_name,
    case
        when id like 'gen-%' then 'openrouter'
        when coalesce(prompt_filter_results, choices[1]['content_filter_results']) is not null then 'azure.ai.openai'
        when counts['queue_time'] is not null then 'groq'
        when counts['prompt_cache_hit_tokens'] is not null then 'deepseek'
        when model like 'grok-%' then 'x_ai'
        when regexp_like(model, '^(ft:)?(gpt-|chatgpt-|o\d|text-|omni-|computer-use|codex-|davinci|babbage)')
        then 'openai'
    end as gen_ai_provider_name,
    model as gen_ai_request_model,
    model as gen_ai_response_model,
    id as gen_ai_response_id,
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
        when status = 'cancelled' then 'canceled'
        when error['type'] is not null or error['code'] is not null or status = 'failed' then 'error'
        when status in ('queued', 'in_progress') then 'unknown'
        else 'ok'
    end as x_status,
    coalesce(error['type'], error['code']) as error_type,
    try_cast(coalesce(error['status'], error['code']) as bigint) as http_response_status_code,
    case
        when choices[1]['message']['refusal'] is not null then 'refusal'
        when has_function_call or finish in ('tool_calls', 'function_call') then 'tool_calls'
        when finish in ('stop', 'eos') then 'stop'
        when finish in ('length', 'max_output_tokens', 'max_tokens') then 'length'
        when finish = 'content_filter' then 'content_filter'
        when finish is not null then 'other'
    end as gen_ai_response_finish_reason,
    case when object = 'chat.completion.chunk' then true end as gen_ai_request_stream,
    max_output_tokens as gen_ai_request_max_tokens,
    case
        when has_forced_tool and coalesce(text['format']['type'], 'text') = 'text' then 'forced_tool'
        else text['format']['type']
    end as x_response_format,
    coalesce(
        regexp_like(tools, '^\s*\[\s*[^\]\s]'),
        case when has_function_call or finish in ('tool_calls', 'function_call') then true end
    ) as x_has_tools,
    case when image_stated > 0 then true end as x_has_image,
    case when audio_stated > 0 or output_audio > 0 then true end as x_has_audio,
    reasoning['effort'] as x_reasoning_effort,
    case
        when served_tier in ('default', 'standard', 'auto', 'on_demand') then 'standard'
        when served_tier = 'fast' then 'priority'
        when served_tier = 'scale' then 'provisioned'
        else served_tier
    end as x_service_tier,
    coalesce(metadata['workload'], metadata['feature']) as x_workload_tag,
    regexp_extract(prompt, '^\s*\{[^{}]*"id"\s*:\s*"([^"]+)"') as gen_ai_prompt_name,
    regexp_extract(prompt, '^\s*\{[^{}]*"version"\s*:\s*"([^"]+)"') as x_prompt_version,
    metadata['app'] as x_app,
    "user" as user_id,
    case when tag_text <> '' then concat('{', tag_text, '}') end as tags,
    counts['cost'] as x_reported_cost_usd
from buckets
