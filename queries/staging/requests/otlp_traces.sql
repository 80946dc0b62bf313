-- One span of one model call; spans of agents, workflows, tools and frameworks around the calls are left out.
--
-- grain:  gen_ai.response.id, else trace and span
-- tokens: cached input is included in input, reasoning in output; instrumentations that leave cached input out are
--         repaired: known ones by their scope, others when the cached tokens do not fit into the input
-- docs:   https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
with resources as (
    select _object_key, _line, unnest("resourceSpans") as resource_spans
    from otlp_traces
),

scopes as (
    select
        _object_key,
        _line,
        resource_spans['resource']['attributes'] as res,
        unnest(resource_spans['scopeSpans']) as scope_spans
    from resources
),

spans as (
    select
        _object_key,
        _line,
        res,
        scope_spans['scope'] as scope,
        scope_spans['schemaUrl'] as schema_url,
        unnest(scope_spans['spans']) as span
    from scopes
),

unpacked as (
    select
        *,
        span['attributes'] as a,
        nullif(lower(span['traceId']), '') as trace_id,
        nullif(lower(span['spanId']), '') as span_id,
        nullif(try_cast(span['startTimeUnixNano'] as bigint), 0) as started,
        nullif(try_cast(span['endTimeUnixNano'] as bigint), 0) as ended
    from spans
),

-- names of the conventions first, then the deprecated ones, OpenInference's (llm.), Vercel's (ai.) and Traceloop's
named as (
    select
        *,
        lower(coalesce(
            a['gen_ai.operation.name'], a['llm.request.type'], a['ai.operationId'],
            a['openinference.span.kind'], a['traceloop.span.kind']
        )) as operation,
        coalesce(
            nullif(a['gen_ai.request.model'], ''), a['llm.model_name'], a['embedding.model_name'], a['ai.model.id']
        ) as asked_model,
        coalesce(nullif(a['gen_ai.response.model'], ''), a['ai.response.model']) as served_model,
        coalesce(
            a['gen_ai.provider.name'], a['gen_ai.system'], a['llm.provider'], a['llm.system'], a['ai.model.provider']
        ) as provider_word,
        coalesce(
            nullif(a['error.type'], ''),
            case when span['status']['code'] in ('2', 'STATUS_CODE_ERROR') then '' end
        ) as error_word,
        -- a count that is no number becomes -1, which rejects this row and no other span of the document
        array_transform(
            [
                coalesce(
                    a['gen_ai.usage.input_tokens'], a['gen_ai.usage.prompt_tokens'], a['llm.token_count.prompt'],
                    a['ai.usage.promptTokens'], a['ai.usage.inputTokens'], a['ai.usage.tokens']
                ),
                coalesce(
                    a['gen_ai.usage.output_tokens'], a['gen_ai.usage.completion_tokens'],
                    a['llm.token_count.completion'], a['ai.usage.completionTokens'], a['ai.usage.outputTokens']
                ),
                coalesce(
                    a['gen_ai.usage.cache_read.input_tokens'], a['gen_ai.usage.cache_read_input_tokens'],
                    a['gen_ai.usage.cache_read_tokens'], a['gen_ai.usage.details.cache_read_tokens'],
                    a['llm.token_count.prompt_details.cache_read'], a['ai.usage.cachedInputTokens']
                ),
                coalesce(
                    a['gen_ai.usage.cache_creation.input_tokens'], a['gen_ai.usage.cache_creation_input_tokens'],
                    a['gen_ai.usage.cache_write_tokens'], a['gen_ai.usage.details.cache_write_tokens'],
                    a['llm.token_count.prompt_details.cache_write']
                ),
                coalesce(
                    a['gen_ai.usage.reasoning.output_tokens'], a['gen_ai.usage.details.reasoning_tokens'],
                    a['llm.token_count.completion_details.reasoning'], a['ai.usage.reasoningTokens']
                ),
                coalesce(
                    a['gen_ai.usage.total_tokens'], a['llm.usage.total_tokens'], a['llm.token_count.total'],
                    a['ai.usage.totalTokens']
                )
            ],
            digits -> coalesce(
                try_cast(regexp_replace(digits, '\.0*$', '') as bigint),
                case when digits <> '' then -1 end
            )
        ) as counts
    from unpacked
),

-- a call names a model and an operation that runs one; without an operation, or with OpenInference's kind only, it
-- states tokens or an error
calls as (
    select
        *,
        counts[1] as logged_input,
        counts[2] as logged_output,
        coalesce(counts[3], 0) as cache_read,
        coalesce(counts[4], 0) as cache_write,
        counts[5] as logged_reasoning,
        counts[6] - counts[1] - counts[2] as beyond_total,
        coalesce(served_model, asked_model) as model
    from named
    where coalesce(served_model, asked_model) <> ''
        and (
            regexp_like(
                operation,
                '^(chat|(text_)?completion|generate_content|embeddings?|image(_generation)?|ai\..*\.do[a-z]+)$'
            )
            or (
                coalesce(operation, 'unknown') in ('llm', 'embedding', 'unknown')
                and (counts[1] is not null or counts[2] is not null or error_word is not null)
            )
        )
),

tested as (
    select
        *,
        -- Traceloop's Bedrock package, and Logfire's for Anthropic before 4.31, pass on the API's count of fresh input
        logged_input < cache_read + cache_write
        or regexp_like(
            concat(scope['name'], ' ', scope['version']),
            '^(opentelemetry\.instrumentation\.bedrock |logfire\.anthropic ([0-3]|4\.([0-9]|[12][0-9]|30))\.)'
        ) as is_exclusive,
        -- OpenAI's and Google's own counts include cached input; so do packages that add it up, and the conventions
        -- from 1.40 on
        coalesce(regexp_like(scope['name'], '^(opentelemetry\.instrumentation\.anthropic$|openinference\.)'), false)
        or coalesce(regexp_like(schema_url, '/1\.([4-9][0-9]|[1-9][0-9]{2,})\.'), false)
        or (
            coalesce(
                regexp_like(provider_word, '(?i)openai|azure|gcp|google|gemini|vertex|deepseek|x_?ai|groq|mistral'),
                false
            )
            and not model like '%claude%'
        ) as is_known_inclusive,
        -- Gemini counts thoughts beside the answer; where an instrumentation passes this on, only the total has them
        case
            when model like '%gemini%'
                and logged_input >= 0
                and logged_output >= 0
                and beyond_total > 0
                and coalesce(logged_reasoning, beyond_total) = beyond_total
            then beyond_total
            else 0
        end as outside_thoughts
    from calls
),

counted as (
    select
        *,
        case when is_exclusive then logged_input + cache_read + cache_write else logged_input end as input_total,
        logged_output + outside_thoughts as output_total,
        coalesce(logged_reasoning, nullif(outside_thoughts, 0)) as reasoning
    from tested
),

facts as (
    select
        *,
        replace(lower(coalesce(
            regexp_extract(a['gen_ai.response.finish_reasons'], '"stringValue"\s*:\s*"([A-Za-z_-]+)"'),
            regexp_extract(a['gen_ai.response.finish_reasons'], '^\[?\s*"?([A-Za-z_-]+)'),
            a['gen_ai.completion.0.finish_reason'],
            a['ai.response.finishReason']
        )), '-', '_') as finish,
        lower(coalesce(
            a['openai.response.service_tier'], a['gen_ai.openai.response.service_tier'],
            regexp_extract(a['ai.response.providerMetadata'], '"serviceTier"\s*:\s*"([a-z_]+)"'),
            a['openai.request.service_tier'], a['gen_ai.openai.request.service_tier']
        )) as tier,
        coalesce(a['gen_ai.usage.cost'], a['llm.cost.total']) as cost_text,
        coalesce(
            a['user.id'], a['traceloop.association.properties.user_id'], a['ai.telemetry.metadata.userId']
        ) as user_word,
        -- the callers' own tags; a value with an @ may be a person's address, a long one a prompt
        array_filter(
            array_concat(map_entries(res), map_entries(a)),
            entry -> regexp_like(
                entry['key'],
                '^(service\.namespace$|(trace\.metadata|traceloop\.association\.properties|ai\.telemetry\.metadata)\.)'
            )
                and not regexp_like(entry['key'], '(?i)(user|session)_?id$')
                and length(entry['value']) <= 200
                and strpos(entry['value'], '@') = 0
        ) as tag_entries
    from counted
),

tagged as (
    select
        *,
        array_to_string(
            array_transform(
                tag_entries,
                entry -> concat(
                    json_string(
                        regexp_replace(entry['key'], '^(trace|traceloop|ai)\.[a-z]+\.(properties\.|metadata\.)?', '')
                    ),
                    ':',
                    json_string(entry['value'])
                )
            ),
            ','
        ) as tag_text
    from facts
)

select
    _object_key as x_object_key,
    _line as x_line,
    coalesce(
        trace_id || '/' || span_id,
        concat_ws('/', _object_key, _line, span['startTimeUnixNano'], span['endTimeUnixNano'])
    ) as x_natural_key,
    to_timestamp_micros(started / 1000) as x_start_time,
    to_timestamp_micros(ended / 1000) as x_end_time,
    'us' as x_time_precision,
    case when ended >= started then (ended - started + 500000) / 1000000 end as x_duration_ms,
    cast(round(coalesce(
        try_cast(a['gen_ai.response.time_to_first_chunk'] as double) * 1000,
        try_cast(a['ai.response.msToFirstChunk'] as double)
    )) as bigint) as x_time_to_first_chunk_ms,
    case
        when operation in ('completion', 'text_completion') then 'text_completion'
        when operation in ('embedding', 'embeddings') or operation like '%.doembed' then 'embeddings'
        when operation in ('image', 'image_generation') then 'image'
        when operation = 'generate_content' then 'generate_content'
        when operation <> 'unknown' then 'chat'
    end as gen_ai_operation_name,
    case
        -- Vercel adds the API to the provider, as in openai.responses
        when provider_word <> ''
        then regexp_replace(
            provider_word, '\.(chat|responses|completion|messages|embedding|textEmbedding|image|generative-ai)$', ''
        )
        -- the gateway's webhook names no provider
        when res['service.name'] = 'openrouter' then 'openrouter'
        when model like 'projects/%/publishers/%' then 'gcp.vertex_ai'
    end as gen_ai_provider_name,
    coalesce(asked_model, served_model) as gen_ai_request_model,
    -- Vertex AI names a model by its path
    coalesce(served_model, regexp_extract(asked_model, '^projects/.*/models/([^/]+)$')) as gen_ai_response_model,
    coalesce(nullif(a['gen_ai.response.id'], ''), nullif(a['ai.response.id'], '')) as gen_ai_response_id,
    trace_id as x_trace_id,
    coalesce(
        nullif(a['gen_ai.conversation.id'], ''), nullif(a['session.id'], ''),
        a['traceloop.association.properties.session_id'], a['ai.telemetry.metadata.sessionId']
    ) as gen_ai_conversation_id,
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
        when outside_thoughts > 0 and logged_reasoning is null then 'assumed'
        when cache_read + cache_write = 0 then 'inclusive'
        -- only Anthropic's models have two lifetimes
        when is_known_inclusive and not (cache_write > 0 and model like '%claude%') then 'inclusive'
        else 'assumed'
    end as x_usage_semantics,
    case when error_word is not null then 'error' else 'ok' end as x_status,
    nullif(error_word, '') as error_type,
    coalesce(
        try_cast(a['http.response.status_code'] as bigint),
        try_cast(a['http.status_code'] as bigint),
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
    coalesce(
        a['gen_ai.request.stream'] = 'true',
        a['llm.is_streaming'] = 'true',
        case
            when operation like '%.dostream'
                or coalesce(a['gen_ai.response.time_to_first_chunk'], a['ai.response.msToFirstChunk']) is not null
            then true
        end
    ) as gen_ai_request_stream,
    coalesce(
        try_cast(a['gen_ai.request.max_tokens'] as bigint),
        try_cast(regexp_extract(
            a['llm.invocation_parameters'],
            '"(?:max_tokens|max_completion_tokens|max_output_tokens)"\s*:\s*([0-9]{1,9})'
        ) as bigint)
    ) as gen_ai_request_max_tokens,
    coalesce(
        regexp_extract(a['gen_ai.openai.request.response_format'], '(json_schema|json_object|text)'),
        case when regexp_like(operation, '^ai\.(generate|stream)object\.') then 'json_schema' end,
        case a['gen_ai.output.type'] when 'json' then 'json_object' when 'text' then 'text' end
    ) as x_response_format,
    case
        when finish in ('tool_calls', 'tool_call', 'tool_use', 'function_call')
            or coalesce(
                a['gen_ai.tool.definitions'], a['llm.request.functions.0.name'],
                a['llm.tools.0.tool.json_schema'], a['ai.prompt.tools']
            ) is not null
        then true
    end as x_has_tools,
    regexp_like(a['gen_ai.input.messages'], '"modality"\s*:\s*"image"') as x_has_image,
    regexp_like(a['gen_ai.input.messages'], '"modality"\s*:\s*"audio"') as x_has_audio,
    regexp_extract(a['llm.invocation_parameters'], '"(?:reasoning_)?effort"\s*:\s*"([a-z]+)"') as x_reasoning_effort,
    case
        when tier in ('default', 'standard', 'auto', 'on_demand') then 'standard'
        when tier = 'fast' then 'priority'
        when tier = 'scale' then 'provisioned'
        else tier
    end as x_service_tier,
    coalesce(
        a['trace.metadata.workload'], a['traceloop.association.properties.workload'],
        a['ai.telemetry.metadata.workload'], a['trace.metadata.feature'],
        a['traceloop.association.properties.feature'], a['ai.telemetry.metadata.feature'],
        -- a prompt's name says more than the function, agent or workflow around it
        case
            when coalesce(a['gen_ai.prompt.name'], '') = ''
            then coalesce(
                nullif(a['ai.telemetry.functionId'], ''), nullif(a['gen_ai.agent.name'], ''),
                nullif(a['gen_ai.workflow.name'], ''), nullif(a['traceloop.workflow.name'], '')
            )
        end
    ) as x_workload_tag,
    nullif(a['gen_ai.prompt.name'], '') as gen_ai_prompt_name,
    coalesce(
        a['trace.metadata.app'], a['traceloop.association.properties.app'], a['ai.telemetry.metadata.app'],
        -- not the SDK's word for a name that nobody set, nor the gateway's own name
        case when not regexp_like(res['service.name'], '^(unknown_service|openrouter$|$)') then res['service.name'] end
    ) as x_app,
    coalesce(res['deployment.environment.name'], res['deployment.environment'], a['trace.metadata.environment'])
        as x_environment,
    coalesce(a['trace.metadata.team'], a['traceloop.association.properties.team'], a['ai.telemetry.metadata.team'])
        as x_team,
    case when strpos(user_word, '@') = 0 then nullif(user_word, '') end as user_id,
    case when tag_text <> '' then concat('{', tag_text, '}') end as tags,
    -- small amounts come with an exponent, which is shifted as text: money never passes through a float
    try_cast(
        case
            when regexp_like(cost_text, '^[0-9](\.[0-9]+)?[eE]-[0-9]{1,2}$')
            then concat(
                '0.',
                repeat('0', cast(regexp_extract(cost_text, '-([0-9]+)$') as bigint) - 1),
                replace(regexp_extract(cost_text, '^[0-9.]+'), '.', '')
            )
            else cost_text
        end as decimal(38, 12)
    ) as x_reported_cost_usd
from tagged
