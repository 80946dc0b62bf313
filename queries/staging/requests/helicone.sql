-- One call through Helicone, in its latest version.
--
-- grain:  request_id
-- tokens: cached tokens are beside prompt_tokens: input is the sum of the three; reasoning is not told apart
-- docs:   https://github.com/Helicone/helicone/blob/main/packages/cost/costCalc.ts
with versions as (
    select
        *,
        row_number() over (
            partition by _object_key, request_id order by updated_at desc nulls last, _line desc
        ) as version_back
    from helicone
),

facts as (
    select
        *,
        prompt_tokens is not null or completion_tokens is not null as has_usage,
        prompt_tokens + coalesce(prompt_cache_read_tokens, 0) + coalesce(prompt_cache_write_tokens, 0) as input_total,
        -- audio may be counted among cached tokens as well
        case when prompt_audio_tokens > 0 then least(prompt_audio_tokens, prompt_tokens) end as input_audio,
        case when completion_audio_tokens > 0 then completion_audio_tokens end as output_audio,
        coalesce(cache_reference_id, '') not in ('', '00000000-0000-0000-0000-000000000000') as is_hit,
        regexp_extract(target_url, '^https?://[^/]+(/[^?]*)') as route,
        -- bodies are objects, or the same inside strings
        case
            when starts_with(request_body, '"') then regexp_replace(request_body, '\\(["\\])', '\1', 'g')
            else request_body
        end as request_text,
        case
            when starts_with(response_body, '"') then regexp_replace(response_body, '\\(["\\])', '\1', 'g')
            else response_body
        end as response_text,
        array_to_string(
            array_transform(
                array_filter(
                    map_entries(properties),
                    e -> e['value'] is not null and e['value'] not like '%@%' and not starts_with(e['key'], 'Helicone-')
                ),
                e -> concat(json_string(e['key']), ':', json_string(e['value']))
            ),
            ','
        ) as tag_text
    from versions
    where version_back = 1
)

select
    _object_key as x_object_key,
    _line as x_line,
    request_created_at as x_start_time,
    coalesce(response_created_at, request_created_at + arrow_cast(latency, 'Duration(Millisecond)')) as x_end_time,
    'ms' as x_time_precision,
    latency as x_duration_ms,
    time_to_first_token as x_time_to_first_chunk_ms,
    case
        when route like '%/embeddings' then 'embeddings'
        when regexp_like(route, '/(chat/completions|responses|messages)$') then 'chat'
        when route like '%/completions' then 'text_completion'
        when route like '%enerateContent' then 'generate_content'
        when route like '%/images/%' then 'image'
    end as gen_ai_operation_name,
    nullif(provider, '') as gen_ai_provider_name,
    coalesce(regexp_extract(request_text, '^"?\{[^{}\[\]]*"model"\s*:\s*"([^"\\]+)"'), nullif(model, ''))
        as gen_ai_request_model,
    nullif(model, '') as gen_ai_response_model,
    -- an answer from Helicone's cache repeats the id of the call that filled it
    case
        when not is_hit then regexp_extract(response_text, '^"?\{[^{}\[\]]*"id"\s*:\s*"([^"\\]+)"')
    end as gen_ai_response_id,
    request_id as x_request_id,
    properties['Helicone-Session-Id'] as gen_ai_conversation_id,
    input_total as gen_ai_usage_input_tokens,
    completion_tokens as gen_ai_usage_output_tokens,
    prompt_tokens - coalesce(input_audio, 0) as usage_input_uncached_tokens,
    case when input_total is not null then coalesce(prompt_cache_read_tokens, 0) end as usage_cache_read_tokens,
    case when input_total is not null then coalesce(prompt_cache_write_tokens, 0) end as usage_cache_write_5m_tokens,
    case when input_total is not null then 0 end as usage_cache_write_1h_tokens,
    input_audio as usage_input_audio_tokens,
    completion_tokens - coalesce(output_audio, 0) as usage_output_visible_tokens,
    output_audio as usage_output_audio_tokens,
    case
        when not has_usage then 'missing'
        -- the lifetime of a write is not told, nor whether audio was cached
        when prompt_cache_write_tokens > 0 or input_audio > 0 then 'assumed'
        else 'exclusive_repaired'
    end as x_usage_semantics,
    case when status between 200 and 299 then 'ok' when status >= 400 then 'error' else 'unknown' end as x_status,
    case when status between 100 and 599 then status end as http_response_status_code,
    cast(
        regexp_extract(request_text, '"(?:max_completion_tokens|max_output_tokens|max_tokens)"\s*:\s*(\d{1,9})')
        as bigint
    ) as gen_ai_request_max_tokens,
    is_hit as x_gateway_cache_hit,
    coalesce(properties['workload'], properties['feature']) as x_workload_tag,
    coalesce(nullif(prompt_id, ''), properties['Helicone-Prompt-Id']) as gen_ai_prompt_name,
    nullif(prompt_version, '') as x_prompt_version,
    properties['app'] as x_app,
    route as x_endpoint,
    coalesce(properties['environment'], properties['env']) as x_environment,
    properties['team'] as x_team,
    case when user_id not like '%@%' then nullif(user_id, '') end as user_id,
    case when tag_text <> '' then concat('{', tag_text, '}') end as tags,
    case when has_usage then cast(cost as decimal(20, 0)) * cast('0.000000001' as decimal(10, 9)) end
        as x_reported_cost_usd
from facts
