-- One call through Portkey; attempts inside the gateway are not visible.
--
-- grain:  response.body.id, else the line: the export has no id of the call
-- tokens: response.body.usage as the provider or Portkey wrote it: a total that counts the cache beside the input tells
--         exclusive from inclusive; without the body req_units and res_units, and cached tokens are unknown
-- docs:   https://portkey.ai/docs/product/observability/logs-export
with calls_in as (
    select
        *,
        coalesce("response.body", response['body']) as body,
        -- an object, or the same inside a string
        case
            when starts_with(coalesce("request.body", request['body']), '"')
            then regexp_replace(coalesce("request.body", request['body']), '\\(["\\])', '\1', 'g')
            else coalesce("request.body", request['body'])
        end as asked,
        coalesce("metadata.key", metadata['key']) as tag_keys,
        coalesce("metadata.value", metadata['value']) as tag_values,
        regexp_like(upper(cache_status), '(^| )HIT$') as is_hit,
        regexp_extract(request_url, '^(?:https?://[^/]+)?(/[^?]*)') as route
    from portkey
),

stated as (
    select
        *,
        body['usage'] as counts,
        coalesce(
            body['usage']['prompt_tokens'], body['usage']['input_tokens'],
            case when req_units > 0 or res_units > 0 then req_units end
        ) as logged_input,
        coalesce(
            body['usage']['completion_tokens'], body['usage']['output_tokens'],
            case when req_units > 0 or res_units > 0 then res_units end
        ) as output_total,
        coalesce(
            body['usage']['cache_read_input_tokens'],
            body['usage']['prompt_tokens_details']['cached_tokens'],
            body['usage']['input_tokens_details']['cached_tokens'],
            0
        ) as cache_read,
        coalesce(body['usage']['cache_creation_input_tokens'], 0) as cache_write,
        coalesce(
            body['usage']['prompt_tokens_details']['audio_tokens'],
            body['usage']['input_tokens_details']['audio_tokens']
        ) as logged_audio,
        coalesce(
            body['usage']['completion_tokens_details']['reasoning_tokens'],
            body['usage']['output_tokens_details']['reasoning_tokens']
        ) as output_reasoning,
        nullif(coalesce(
            body['usage']['completion_tokens_details']['audio_tokens'],
            body['usage']['output_tokens_details']['audio_tokens']
        ), 0) as output_audio
    from calls_in
),

totals as (
    select
        *,
        array_transform(
            tag_keys, k -> named_struct('key', k, 'value', tag_values[cast(array_position(tag_keys, k) as bigint)])
        ) as tag_list,
        case
            when cache_read + cache_write = 0 then false
            -- the chat shape of Anthropic's answers, and Anthropic's own shape, which has no total
            when counts['total_tokens'] is not null
            then counts['total_tokens'] = logged_input + output_total + cache_read + cache_write
            else counts['prompt_tokens'] is null and counts['input_tokens_details'] is null
        end as is_exclusive
    from stated
),

facts as (
    select
        *,
        case when is_exclusive then logged_input + cache_read + cache_write else logged_input end as input_total,
        case
            when logged_audio > 0
            then least(
                logged_audio,
                case when is_exclusive then logged_input else logged_input - cache_read - cache_write end
            )
        end as input_audio,
        lower(coalesce(body['choices'][1]['finish_reason'], body['stop_reason'])) as finish,
        lower(coalesce(
            body['service_tier'], regexp_extract(asked, '"service_tier"\s*:\s*"([a-z]+)"')
        )) as tier,
        array_to_string(
            array_transform(
                array_filter(
                    tag_list,
                    tag -> tag['value'] is not null and not starts_with(tag['key'], '_') and tag['value'] not like '%@%'
                ),
                tag -> concat(json_string(tag['key']), ':', json_string(tag['value']))
            ),
            ','
        ) as tag_text
    from totals
)

select
    _object_key as x_object_key,
    _line as x_line,
    created_at as x_start_time,
    created_at + arrow_cast(response_time, 'Duration(Millisecond)') as x_end_time,
    case when date_trunc('second', created_at) = created_at then 's' else 'ms' end as x_time_precision,
    response_time as x_duration_ms,
    case
        when route like '%/embeddings' then 'embeddings'
        when regexp_like(route, '/(chat/completions|responses|messages)$') then 'chat'
        when route like '%/completions' then 'text_completion'
        when route like '%/images/%' then 'image'
    end as gen_ai_operation_name,
    nullif(ai_org, '') as gen_ai_provider_name,
    coalesce(regexp_extract(asked, '^"?\{[^{}\[\]]*"model"\s*:\s*"([^"\\]+)"'), nullif(ai_model, ''))
        as gen_ai_request_model,
    coalesce(nullif(body['model'], ''), nullif(ai_model, '')) as gen_ai_response_model,
    -- the answer of Portkey's cache repeats the id of the call that filled it
    case when not coalesce(is_hit, false) then body['id'] end as gen_ai_response_id,
    nullif(trace_id, '') as x_trace_id,
    input_total as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_total - cache_read - cache_write - coalesce(input_audio, 0) as usage_input_uncached_tokens,
    case when input_total is not null then cache_read end as usage_cache_read_tokens,
    case when input_total is not null then cache_write end as usage_cache_write_5m_tokens,
    case when input_total is not null then 0 end as usage_cache_write_1h_tokens,
    input_audio as usage_input_audio_tokens,
    output_total - coalesce(output_reasoning, 0) - coalesce(output_audio, 0) as usage_output_visible_tokens,
    output_reasoning as usage_output_reasoning_tokens,
    output_audio as usage_output_audio_tokens,
    case
        when logged_input is null and output_total is null then 'missing'
        when counts is null or cache_write > 0 or input_audio > 0 then 'assumed'
        when is_exclusive then 'exclusive_repaired'
        when counts['total_tokens'] <> logged_input + output_total then 'assumed'
        else 'inclusive'
    end as x_usage_semantics,
    case
        when is_success = 1 then 'ok'
        when is_success = 0 or response_status_code >= 400 then 'error'
        when response_status_code between 200 and 299 then 'ok'
        else 'unknown'
    end as x_status,
    coalesce(
        regexp_extract(body['error'], '"type"\s*:\s*"([A-Za-z_.]+)"'),
        regexp_extract(body['error'], '"code"\s*:\s*"([A-Za-z_.]+)"')
    ) as error_type,
    response_status_code as http_response_status_code,
    case
        when finish in ('stop', 'end_turn', 'stop_sequence') then 'stop'
        when finish in ('length', 'max_tokens') then 'length'
        when finish in ('tool_calls', 'tool_use', 'function_call') then 'tool_calls'
        when finish in ('content_filter', 'refusal') then finish
        when finish is not null then 'other'
    end as gen_ai_response_finish_reason,
    retry_success_count + 1 as x_attempt,
    case upper(stream_mode) when 'TRUE' then true when 'FALSE' then false end as gen_ai_request_stream,
    cast(
        regexp_extract(asked, '"(?:max_completion_tokens|max_output_tokens|max_tokens)"\s*:\s*(\d{1,9})')
        as bigint
    ) as gen_ai_request_max_tokens,
    regexp_extract(asked, '"response_format"\s*:\s*\{\s*"type"\s*:\s*"(text|json_object|json_schema)"')
        as x_response_format,
    regexp_like(asked, '"tools"\s*:\s*\[\s*\{') as x_has_tools,
    regexp_extract(asked, '"reasoning_effort"\s*:\s*"([a-z]+)"') as x_reasoning_effort,
    case
        when tier in ('default', 'auto') then 'standard'
        when tier = 'scale' then 'provisioned'
        else tier
    end as x_service_tier,
    coalesce(is_hit, false) as x_gateway_cache_hit,
    coalesce(
        array_first(tag_list, tag -> tag['key'] = 'workload')['value'],
        array_first(tag_list, tag -> tag['key'] = 'feature')['value']
    ) as x_workload_tag,
    nullif(prompt_slug, '') as gen_ai_prompt_name,
    nullif(prompt_version_id, '') as x_prompt_version,
    array_first(tag_list, tag -> tag['key'] = 'app')['value'] as x_app,
    nullif(virtual_key, '') as x_api_key_alias,
    route as x_endpoint,
    coalesce(
        array_first(tag_list, tag -> tag['key'] = 'environment')['value'],
        array_first(tag_list, tag -> tag['key'] = 'env')['value'],
        array_first(tag_list, tag -> tag['key'] = '_environment')['value']
    ) as x_environment,
    array_first(tag_list, tag -> tag['key'] = 'team')['value'] as x_team,
    case
        when array_first(tag_list, tag -> tag['key'] = '_user')['value'] not like '%@%'
        then array_first(tag_list, tag -> tag['key'] = '_user')['value']
    end as user_id,
    case
        when coalesce(nullif(tag_text, ''), mode, config) is not null
        then concat(
            '{',
            concat_ws(
                ',', nullif(tag_text, ''), '"portkey_mode":"' || lower(mode) || '"',
                '"portkey_config":' || json_string(config)
            ),
            '}'
        )
    end as tags,
    case
        when coalesce(cost_currency, 'USD') = 'USD' and input_total is not null
        then cast(cost * cast('0.01' as decimal(3, 2)) as decimal(38, 12))
    end as x_reported_cost_usd
from facts
