-- One event of one model call: the conventions' event that repeats its span, or a request of Claude Code. Prompts,
-- messages, tools and evaluations are left out.
--
-- grain:  gen_ai.response.id, else trace and span; Claude Code: session, number and time of the event
-- tokens: cached input is included in input, reasoning in output; Claude Code logs cached input beside the input
-- docs:   https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-events/
with resources as (
    select _object_key, _line, unnest("resourceLogs") as resource_logs
    from otlp_logs
),

scopes as (
    select
        _object_key,
        _line,
        resource_logs['resource']['attributes'] as res,
        unnest(resource_logs['scopeLogs']) as scope_logs
    from resources
),

records as (
    select
        _object_key,
        _line,
        res,
        scope_logs['scope'] as scope,
        scope_logs['schemaUrl'] as schema_url,
        unnest(scope_logs['logRecords']) as record
    from scopes
),

unpacked as (
    select
        *,
        record['attributes'] as a,
        nullif(lower(record['traceId']), '') as trace_id,
        nullif(lower(record['spanId']), '') as span_id,
        coalesce(
            nullif(try_cast(record['timeUnixNano'] as bigint), 0),
            nullif(try_cast(record['observedTimeUnixNano'] as bigint), 0)
        ) as logged_at,
        coalesce(nullif(record['eventName'], ''), record['attributes']['event.name'], '') as event_name,
        -- Claude Code shortens the event's name and writes it whole as the body
        coalesce(regexp_like(scope['name'], 'claude_code'), false)
        or coalesce(regexp_like(record['body'], '^\{\s*"stringValue"\s*:\s*"claude_code\.api_'), false)
            as is_claude_code
    from records
),

named as (
    select
        *,
        regexp_extract(event_name, 'api_(request|error)$') as request_or_error,
        lower(a['gen_ai.operation.name']) as operation,
        nullif(coalesce(a['gen_ai.request.model'], a['model']), '') as asked_model,
        nullif(a['gen_ai.response.model'], '') as served_model,
        coalesce(a['gen_ai.provider.name'], a['gen_ai.system']) as provider_word
    from unpacked
),

events as (
    select *
    from named
    where coalesce(served_model, asked_model) is not null
        and (
            (is_claude_code and request_or_error is not null)
            or (
                event_name = 'gen_ai.client.inference.operation.details'
                and regexp_like(
                    coalesce(operation, 'chat'),
                    '^(chat|text_completion|generate_content|embeddings|image(_generation)?)$'
                )
            )
        )
),

texts as (
    select
        *,
        coalesce(a['gen_ai.usage.input_tokens'], a['gen_ai.usage.prompt_tokens'], a['input_tokens']) as input_text,
        coalesce(a['gen_ai.usage.output_tokens'], a['gen_ai.usage.completion_tokens'], a['output_tokens'])
            as output_text,
        coalesce(
            a['gen_ai.usage.cache_read.input_tokens'], a['gen_ai.usage.cache_read_input_tokens'],
            a['cache_read_tokens']
        ) as read_text,
        coalesce(
            a['gen_ai.usage.cache_creation.input_tokens'], a['gen_ai.usage.cache_creation_input_tokens'],
            a['cache_creation_tokens']
        ) as write_text,
        a['gen_ai.usage.reasoning.output_tokens'] as reasoning_text
    from events
),

-- a count that is no number becomes -1, which rejects this row and no other record of the document
calls as (
    select
        *,
        coalesce(
            try_cast(regexp_replace(input_text, '\.0*$', '') as bigint), case when input_text <> '' then -1 end
        ) as logged_input,
        coalesce(
            try_cast(regexp_replace(output_text, '\.0*$', '') as bigint), case when output_text <> '' then -1 end
        ) as output_total,
        coalesce(
            try_cast(regexp_replace(read_text, '\.0*$', '') as bigint), case when read_text <> '' then -1 else 0 end
        ) as cache_read,
        coalesce(
            try_cast(regexp_replace(write_text, '\.0*$', '') as bigint), case when write_text <> '' then -1 else 0 end
        ) as cache_write,
        coalesce(
            try_cast(regexp_replace(reasoning_text, '\.0*$', '') as bigint), case when reasoning_text <> '' then -1 end
        ) as reasoning,
        coalesce(served_model, asked_model) as model,
        try_cast(a['duration_ms'] as bigint) as duration_ms
    from texts
),

tested as (
    select
        *,
        is_claude_code
        or logged_input < cache_read + cache_write
        or scope['name'] = 'opentelemetry.instrumentation.bedrock' as is_exclusive,
        -- OpenAI's and Google's own counts include cached input; so do the conventions from 1.40 on
        coalesce(regexp_like(schema_url, '/1\.([4-9][0-9]|[1-9][0-9]{2,})\.'), false)
        or coalesce(regexp_like(scope['name'], '^opentelemetry\.instrumentation\.(openai|anthropic)'), false)
        or (
            coalesce(
                regexp_like(provider_word, '(?i)openai|azure|gcp|google|gemini|vertex|deepseek|x_?ai|groq|mistral'),
                false
            )
            and not model like '%claude%'
        ) as is_known_inclusive
    from calls
),

facts as (
    select
        *,
        case when is_exclusive then logged_input + cache_read + cache_write else logged_input end as input_total,
        coalesce(
            nullif(a['error.type'], ''),
            case
                when is_claude_code and request_or_error = 'error'
                -- the text of an error may quote anything: only a class is taken
                then coalesce(regexp_extract(a['error'], '^[A-Za-z][A-Za-z0-9_.]*$'), a['status_code'], '')
            end
        ) as error_word,
        replace(lower(coalesce(
            regexp_extract(a['gen_ai.response.finish_reasons'], '"stringValue"\s*:\s*"([A-Za-z_-]+)"'),
            regexp_extract(a['gen_ai.response.finish_reasons'], '^\[?\s*"?([A-Za-z_-]+)')
        )), '-', '_') as finish,
        lower(coalesce(
            a['openai.response.service_tier'], a['gen_ai.openai.response.service_tier'],
            a['openai.request.service_tier'], a['gen_ai.openai.request.service_tier'],
            case when is_claude_code then a['speed'] end
        )) as tier
    from tested
)

select
    _object_key as x_object_key,
    _line as x_line,
    coalesce(
        case when not is_claude_code then trace_id || '/' || span_id end,
        a['session.id'] || '/' || a['event.sequence'] || '/' || record['timeUnixNano'],
        concat_ws('/', _object_key, _line, record['timeUnixNano'], a['session.id'], a['event.sequence'])
    ) as x_natural_key,
    case when duration_ms >= 0 then to_timestamp_micros(logged_at / 1000 - duration_ms * 1000) end as x_start_time,
    to_timestamp_micros(logged_at / 1000) as x_end_time,
    'us' as x_time_precision,
    duration_ms as x_duration_ms,
    cast(round(try_cast(a['gen_ai.response.time_to_first_chunk'] as double) * 1000) as bigint)
        as x_time_to_first_chunk_ms,
    case
        when is_claude_code then 'chat'
        when operation = 'image_generation' then 'image'
        else operation
    end as gen_ai_operation_name,
    case
        when not is_claude_code then nullif(provider_word, '')
        -- the event names no provider: Bedrock's and Vertex AI's own spellings of a model tell it
        when model like '%anthropic.claude%' then 'aws.bedrock'
        when model like '%claude%@%' then 'gcp.vertex_ai'
        when model like 'claude%' then 'anthropic'
    end as gen_ai_provider_name,
    coalesce(asked_model, served_model) as gen_ai_request_model,
    served_model as gen_ai_response_model,
    nullif(a['gen_ai.response.id'], '') as gen_ai_response_id,
    coalesce(trace_id, case when is_claude_code then nullif(a['prompt.id'], '') end) as x_trace_id,
    coalesce(nullif(a['gen_ai.conversation.id'], ''), nullif(a['session.id'], '')) as gen_ai_conversation_id,
    input_total as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_total - cache_read - cache_write as usage_input_uncached_tokens,
    case when input_total is not null then cache_read end as usage_cache_read_tokens,
    -- no attribute tells the lifetime of a write: counted as 5 minutes
    case when input_total is not null then cache_write end as usage_cache_write_5m_tokens,
    case when input_total is not null then 0 end as usage_cache_write_1h_tokens,
    output_total - coalesce(reasoning, 0) as usage_output_visible_tokens,
    case when output_total is not null then reasoning end as usage_output_reasoning_tokens,
    case
        when input_total is null then 'missing'
        when is_exclusive then 'exclusive_repaired'
        when cache_read + cache_write = 0 then 'inclusive'
        -- only Anthropic's models have two lifetimes
        when is_known_inclusive and not (cache_write > 0 and model like '%claude%') then 'inclusive'
        else 'assumed'
    end as x_usage_semantics,
    case when error_word is not null then 'error' else 'ok' end as x_status,
    nullif(error_word, '') as error_type,
    coalesce(
        try_cast(a['status_code'] as bigint),
        try_cast(a['http.response.status_code'] as bigint),
        try_cast(regexp_extract(error_word, '^[1-5][0-9]{2}$') as bigint)
    ) as http_response_status_code,
    case
        when finish in ('stop', 'end_turn', 'stop_sequence') then 'stop'
        when finish in ('length', 'max_tokens', 'max_output_tokens', 'model_context_window_exceeded') then 'length'
        when finish in ('tool_calls', 'tool_call', 'tool_use', 'function_call') then 'tool_calls'
        when finish in ('content_filter', 'content_filtered', 'safety', 'guardrail_intervened') then 'content_filter'
        when finish = 'refusal' then 'refusal'
        when finish is not null then 'other'
    end as gen_ai_response_finish_reason,
    try_cast(a['attempt'] as bigint) as x_attempt,
    a['gen_ai.request.stream'] = 'true' as gen_ai_request_stream,
    try_cast(a['gen_ai.request.max_tokens'] as bigint) as gen_ai_request_max_tokens,
    case a['gen_ai.output.type'] when 'json' then 'json_object' when 'text' then 'text' end as x_response_format,
    case
        when a['gen_ai.tool.definitions'] is not null or finish in ('tool_calls', 'tool_call', 'tool_use') then true
    end as x_has_tools,
    regexp_like(a['gen_ai.input.messages'], '"modality"\s*:\s*"image"') as x_has_image,
    regexp_like(a['gen_ai.input.messages'], '"modality"\s*:\s*"audio"') as x_has_audio,
    case when is_claude_code then nullif(a['effort'], '') end as x_reasoning_effort,
    case
        when tier in ('default', 'standard', 'auto', 'on_demand', 'normal') then 'standard'
        when tier = 'fast' then 'priority'
        when tier = 'scale' then 'provisioned'
        else tier
    end as x_service_tier,
    case
        when coalesce(a['gen_ai.prompt.name'], '') = ''
        then coalesce(nullif(a['gen_ai.agent.name'], ''), nullif(a['gen_ai.workflow.name'], ''))
    end as x_workload_tag,
    nullif(a['gen_ai.prompt.name'], '') as gen_ai_prompt_name,
    -- not the SDK's word for a name that nobody set
    case when not regexp_like(res['service.name'], '^(unknown_service|$)') then res['service.name'] end as x_app,
    coalesce(res['deployment.environment.name'], res['deployment.environment']) as x_environment,
    case
        when strpos(coalesce(a['user.account_uuid'], a['user.id']), '@') = 0
        then coalesce(a['user.account_uuid'], a['user.id'])
    end as user_id,
    nullif(a['organization.id'], '') as sub_account_id,
    -- small amounts come with an exponent, which is shifted as text: money never passes through a float
    try_cast(
        case
            when regexp_like(a['cost_usd'], '^[0-9](\.[0-9]+)?[eE]-[0-9]{1,2}$')
            then concat(
                '0.',
                repeat('0', cast(regexp_extract(a['cost_usd'], '-([0-9]+)$') as bigint) - 1),
                replace(regexp_extract(a['cost_usd'], '^[0-9.]+'), '.', '')
            )
            else a['cost_usd']
        end as decimal(38, 12)
    ) as x_reported_cost_usd
from facts
