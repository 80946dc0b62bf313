-- One model call that Langfuse observed: a GENERATION or EMBEDDING that holds no further GENERATION with usage.
-- Long because every instrumentation names kinds of token, provider, response id and parameters in its own way.
--
-- grain:  id of the observation, the same in observations and observations_v2 and in overlapping windows
-- tokens: counts by kind are disjoint and add up: kinds that contain input, kinds that contain output;
--         prompt_details.* and completion_details.* (OpenInference) are parts of input and output;
--         what only Gemini's total has is thoughts
-- docs:   https://langfuse.com/docs/observability/features/token-and-cost-tracking
with documents as (
    select _object_key, _line, trace, unnest(observations) as item
    from langfuse_observations
    where observations is not null
),

observed as (
    select
        _object_key, _line, id, trace_id, project_id, parent_observation_id as parent_id, type,
        start_time as begun_at, end_time as ended_at, completion_start_time as first_chunk_at,
        time_to_first_token as first_chunk, latency, environment, level, status_message as message,
        provided_model_name as model, model_parameters as asked, usage_details as usage, total_cost, prompt_name,
        prompt_version, metadata, tool_definitions as tools, tool_call_names as tools_called, user_id, session_id,
        tags as trace_tags, trace_name
    from langfuse_observations
    where observations is null
    union all
    select
        _object_key, _line, item['id'], trace['id'], trace['projectId'], item['parentObservationId'], item['type'],
        item['startTime'], item['endTime'], item['completionStartTime'], item['timeToFirstToken'], item['latency'],
        item['environment'], item['level'], item['statusMessage'], item['model'], item['modelParameters'],
        item['usageDetails'], item['totalCost'], item['promptName'], item['promptVersion'], item['metadata'],
        item['toolDefinitions'], item['toolCallNames'], trace['userId'], trace['sessionId'], trace['tags'],
        trace['name']
    from documents
),

-- kinds of token by their names, which every instrumentation spells in its own way
counted as (
    select
        *,
        array_transform(
            array_filter(map_entries(usage), e -> coalesce(e['value'], 'null') <> 'null'),
            e -> named_struct(
                'side',
                case
                    when e['key'] in ('total', 'total_tokens') then 'total'
                    when regexp_like(e['key'], '^prompt_.*details\.') then 'part of input'
                    when regexp_like(e['key'], '^completion_.*details\.') then 'part of output'
                    when lower(e['key']) like '%input%' then 'input'
                    when lower(e['key']) like '%output%' then 'output'
                    when lower(e['key']) like '%web_search%' then 'searches'
                end,
                'kind',
                case
                    when regexp_like(lower(e['key']), 'cach.*(creat|writ).*1h') then 'write_1h'
                    when regexp_like(lower(e['key']), 'cach.*(creat|writ).*5m') then 'write_5m'
                    when regexp_like(lower(e['key']), 'cach.*(creat|writ)') then 'write'
                    when lower(e['key']) like '%cach%' then 'read'
                    when regexp_like(lower(e['key']), 'reason|think|thought') then 'reasoning'
                    when lower(e['key']) like '%audio%' then 'audio'
                    when lower(e['key']) like '%image%' then 'image'
                end,
                -- what is no whole number makes its bucket negative, and the contract rejects the row
                'tokens',
                coalesce(try_cast(e['value'] as bigint), -1000000000000)
            )
        ) as counts
    from observed
    where type in ('GENERATION', 'EMBEDDING')
),

summed as (
    select
        *,
        array_sum(array_transform(array_filter(counts, c -> c['side'] = 'total'), c -> c['tokens'])) as total,
        array_sum(array_transform(array_filter(counts, c -> c['side'] = 'input'), c -> c['tokens'])) as input_total,
        array_sum(array_transform(array_filter(counts, c -> c['side'] = 'output'), c -> c['tokens'])) as output_stated,
        array_sum(array_transform(array_filter(counts, c -> c['side'] = 'searches'), c -> c['tokens'])) as searches,
        coalesce(array_sum(array_transform(
            array_filter(counts, c -> c['side'] like '%input' and c['kind'] = 'read'), c -> c['tokens']
        )), 0) as cache_read,
        coalesce(array_sum(array_transform(
            array_filter(counts, c -> c['side'] like '%input' and c['kind'] in ('write', 'write_5m')),
            c -> c['tokens']
        )), 0) as cache_write_5m,
        coalesce(array_sum(array_transform(
            array_filter(counts, c -> c['side'] like '%input' and c['kind'] = 'write_1h'), c -> c['tokens']
        )), 0) as cache_write_1h,
        array_sum(array_transform(
            array_filter(counts, c -> c['side'] like '%input' and c['kind'] = 'audio'), c -> c['tokens']
        )) as logged_audio,
        array_sum(array_transform(
            array_filter(counts, c -> c['side'] like '%input' and c['kind'] = 'image'), c -> c['tokens']
        )) as input_image,
        array_sum(array_transform(
            array_filter(counts, c -> c['side'] like '%output' and c['kind'] = 'reasoning'), c -> c['tokens']
        )) as reasoning_stated,
        array_sum(array_transform(
            array_filter(counts, c -> c['side'] like '%output' and c['kind'] = 'audio'), c -> c['tokens']
        )) as output_audio,
        array_sum(array_transform(
            array_filter(counts, c -> c['side'] like '%output' and c['kind'] = 'image'), c -> c['tokens']
        )) as output_image,
        array_any_match(counts, c -> c['side'] = 'part of input') as is_input_whole,
        array_any_match(counts, c -> c['side'] = 'part of input' and c['kind'] = 'audio' and c['tokens'] > 0)
            as has_audio_part,
        array_any_match(counts, c -> c['kind'] = 'write' and c['tokens'] > 0) as is_lifetime_unknown,
        cast(round((date_part('epoch', ended_at) - date_part('epoch', begun_at)) * 1000) as bigint) as duration_ms,
        cast(round((date_part('epoch', first_chunk_at) - date_part('epoch', begun_at)) * 1000) as bigint)
            as first_chunk_ms,
        metadata['attributes'] as attributes,
        -- an object, or the same inside a string: one level of escapes off, so that patterns meet keys of its top
        case
            when starts_with(asked, '"') then regexp_replace(asked, '\\(["\\])', '\1', 'g')
            else asked
        end as asked_text
    from counted
    -- one instrumentation inside another: the outer generation repeats the inner one (seen within one object only)
    where not exists (
        select 1
        from counted as held
        where held._object_key = counted._object_key
            and held.trace_id = counted.trace_id
            and held.parent_id = counted.id
            and held.type = 'GENERATION'
            and array_length(held.counts) > 0
    )
),

-- Gemini counts thoughts beside the answer; where an instrumentation passes this on, only the total has them
thought as (
    select
        *,
        case
            when model like '%gemini%' and input_total >= 0 and output_stated >= 0 and reasoning_stated is null
            then greatest(coalesce(total - input_total - output_stated, 0), 0)
            else 0
        end as thoughts
    from summed
),

facts as (
    select
        *,
        output_stated + thoughts as output_total,
        coalesce(reasoning_stated, nullif(thoughts, 0)) as output_reasoning,
        -- audio in a part may be cached as well
        case
            when logged_audio is null then null
            when has_audio_part then least(logged_audio, input_total - cache_read - cache_write_5m - cache_write_1h)
            else logged_audio
        end as input_audio,
        regexp_replace(
            lower(regexp_extract(
                attributes,
                '"(?:gen_ai\.provider\.name|gen_ai\.system|llm\.provider|llm\.system)"\s*:\s*"([^"\\]+)"'
            )),
            '\.(chat|responses|messages|completion|generative-ai)$', ''
        ) as provider_logged,
        case
            when model like 'projects/%' then 'gcp.vertex_ai'
            when regexp_like(model, '^arn:aws|^([a-z]{2,6}\.)?(anthropic|amazon|meta|mistral|cohere|deepseek|qwen)\.')
            then 'aws.bedrock'
            when regexp_like(model, '^(gpt-[0-9]|chatgpt|o[1-9]|text-embedding-(3|ada)|ft:gpt)') then 'openai'
            when model like 'claude-%' then 'anthropic'
            when model like 'gemini-%' then 'gcp.gemini'
            when regexp_like(model, '^(mistral|codestral|magistral|devstral|pixtral|ministral)-') then 'mistral_ai'
            when model like 'grok-%' then 'x_ai'
            when model like 'command-%' then 'cohere'
            when model in ('deepseek-chat', 'deepseek-reasoner') then 'deepseek'
        end as provider_of_model,
        lower(regexp_extract(asked_text, '"service_?[tT]ier"\s*:\s*"([A-Za-z_]+)"')) as tier,
        coalesce(
            regexp_extract(asked_text, '"finishReason"\s*:\s*"([a-z_-]+)"'),
            regexp_extract(
                attributes,
                '"(?:gen_ai\.response\.finish_reasons|ai\.response\.finishReason)"\s*:\s*["\[\\]+([a-z_-]+)'
            )
        ) as finish,
        regexp_like(tools_called, '(?s)\[.*\w') as has_tool_calls,
        regexp_extract(metadata['resourceAttributes'], '"service\.name"\s*:\s*"([^"\\]+)"') as service_name,
        concat_ws(
            ',',
            nullif(array_to_string(
                array_transform(
                    -- attributes and long texts may hold prompts
                    array_filter(
                        map_entries(metadata),
                        e -> regexp_like(e['value'], '^[^{\["@\x00-\x1f][^@\x00-\x1f]{0,79}$')
                    ),
                    e -> concat(json_string(e['key']), ':', json_string(e['value']))
                ),
                ','
            ), ''),
            '"trace_tags":' || json_string(nullif(array_to_string(trace_tags, ','), ''))
        ) as tag_text
    from thought
)

select
    _object_key as x_object_key,
    _line as x_line,
    project_id || '/' || id as x_natural_key,
    begun_at as x_start_time,
    ended_at as x_end_time,
    case when date_trunc('millisecond', ended_at) = ended_at then 'ms' else 'us' end as x_time_precision,
    duration_ms as x_duration_ms,
    coalesce(
        first_chunk_ms,
        case
            when abs(latency * 1000 - duration_ms) <= 10 then cast(round(first_chunk * 1000) as bigint)
            when abs(latency - duration_ms) <= 10 then cast(round(first_chunk) as bigint)
        end
    ) as x_time_to_first_chunk_ms,
    case type when 'EMBEDDING' then 'embeddings' else 'chat' end as gen_ai_operation_name,
    case provider_logged
        when 'google-gla' then 'gcp.gemini'
        when 'google-vertex' then 'gcp.vertex_ai'
        when 'gcp.vertex.agent' then provider_of_model -- the agent kit's own name, whichever service it calls
        else coalesce(nullif(provider_logged, ''), provider_of_model)
    end as gen_ai_provider_name,
    nullif(model, '') as gen_ai_request_model,
    coalesce(regexp_extract(model, '^projects/.*/models/([^/]+)$'), nullif(model, '')) as gen_ai_response_model,
    coalesce(
        regexp_extract(attributes, '"(?:gen_ai|ai)\.response\.id"\s*:\s*"([^"\\]+)"'),
        regexp_extract(asked_text, '"id"\s*:\s*"((?:resp|msg)_[^"\\]+)"')
    ) as gen_ai_response_id,
    id as x_request_id,
    trace_id as x_trace_id,
    nullif(session_id, '') as gen_ai_conversation_id,
    cast(input_total as bigint) as gen_ai_usage_input_tokens,
    cast(output_total as bigint) as gen_ai_usage_output_tokens,
    cast(
        input_total - cache_read - cache_write_5m - cache_write_1h - coalesce(input_audio, 0) - coalesce(input_image, 0)
        as bigint
    ) as usage_input_uncached_tokens,
    case when input_total is not null then cast(cache_read as bigint) end as usage_cache_read_tokens,
    case when input_total is not null then cast(cache_write_5m as bigint) end as usage_cache_write_5m_tokens,
    case when input_total is not null then cast(cache_write_1h as bigint) end as usage_cache_write_1h_tokens,
    cast(input_audio as bigint) as usage_input_audio_tokens,
    cast(input_image as bigint) as usage_input_image_tokens,
    cast(
        output_total - coalesce(output_reasoning, 0) - coalesce(output_audio, 0) - coalesce(output_image, 0) as bigint
    ) as usage_output_visible_tokens,
    cast(output_reasoning as bigint) as usage_output_reasoning_tokens,
    cast(output_audio as bigint) as usage_output_audio_tokens,
    cast(output_image as bigint) as usage_output_image_tokens,
    case
        when input_total is null and output_total is null then 'missing'
        -- all of the input from the cache: cached tokens were subtracted twice, or never inside
        when input_total > 0 and input_total = cache_read + cache_write_5m + cache_write_1h then 'assumed'
        -- tokens that only the total holds, or kinds that overlap
        when total <> coalesce(input_total, 0) + coalesce(output_stated, 0) then 'assumed'
        when is_lifetime_unknown or has_audio_part then 'assumed'
        when is_input_whole then 'inclusive'
        else 'exclusive_repaired'
    end as x_usage_semantics,
    cast(searches as bigint) as x_server_tool_requests,
    case level when 'ERROR' then 'error' else 'ok' end as x_status,
    case when level = 'ERROR' then regexp_extract(message, '^\s*([A-Za-z_.]*(?:Error|Exception))\b') end as error_type,
    case
        when level = 'ERROR'
        then cast(regexp_extract(message, '^\s*(?:[A-Za-z_.]+:\s*)?(?:Error code:\s*)?([45]\d\d)\b') as bigint)
    end as http_response_status_code,
    case
        when has_tool_calls or finish in ('tool-calls', 'tool_calls', 'tool_use') then 'tool_calls'
        when finish in ('stop', 'end_turn', 'stop_sequence', 'completed') then 'stop'
        when finish in ('length', 'max_tokens') then 'length'
        when finish in ('content_filter', 'content-filter') then 'content_filter'
        when finish is not null then 'other'
    end as gen_ai_response_finish_reason,
    cast(
        regexp_extract(
            asked_text,
            '"(?:max_(?:completion_|output_)?tokens|max(?:Output)?Tokens)"\s*:\s*"?(\d{1,9})\b'
        ) as bigint
    ) as gen_ai_request_max_tokens,
    regexp_extract(
        asked_text,
        '"response_?[fF]ormat"\s*:\s*"?\{?\s*\\*"?(?:type\\*"\s*:\s*\\*")?(text|json_object|json_schema)\b'
    ) as x_response_format,
    -- an empty list is also what instrumentations without tools in mind write
    case when has_tool_calls or regexp_like(tools, '(?s)[\[{].*\w') then true end as x_has_tools,
    case when input_image > 0 then true end as x_has_image,
    case when logged_audio > 0 or output_audio > 0 then true end as x_has_audio,
    regexp_extract(asked_text, '"reasoning_?[eE]ffort"\s*:\s*"([a-z]+)"') as x_reasoning_effort,
    case
        when tier in ('default', 'standard', 'auto', 'on_demand') then 'standard'
        when tier = 'fast' then 'priority'
        when tier = 'scale' then 'provisioned'
        else tier
    end as x_service_tier,
    coalesce(
        metadata['workload'], metadata['feature'],
        substr(array_first(trace_tags, tag -> starts_with(tag, 'workload:')), 10)
    ) as x_workload_tag,
    nullif(prompt_name, '') as gen_ai_prompt_name,
    nullif(prompt_version, '') as x_prompt_version,
    coalesce(
        metadata['app'], case when service_name not like 'unknown_service%' then service_name end,
        nullif(trace_name, '')
    ) as x_app,
    nullif(nullif(environment, ''), 'default') as x_environment,
    metadata['team'] as x_team,
    case when user_id not like '%@%' then nullif(user_id, '') end as user_id,
    regexp_extract(model, '^projects/.*/locations/([^/]+)/') as region_id,
    case when tag_text <> '' then concat('{', tag_text, '}') end as tags,
    case when input_total is not null or output_total is not null then total_cost end as x_reported_cost_usd
from facts
