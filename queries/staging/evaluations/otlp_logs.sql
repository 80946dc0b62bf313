-- One score of one model call, as an evaluator logged it beside the call; its explanation is never read.
--
-- grain:  evaluation, call and time
-- tokens: none
-- docs:   https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-events/
with resources as (
    select _object_key, _line, unnest("resourceLogs") as resource_logs
    from otlp_logs
),

scopes as (
    select _object_key, _line, unnest(resource_logs['scopeLogs']) as scope_logs
    from resources
),

records as (
    select _object_key, _line, unnest(scope_logs['logRecords']) as record
    from scopes
),

scores as (
    select
        _object_key,
        _line,
        record['attributes'] as a,
        nullif(lower(record['traceId']), '') as trace_id,
        nullif(lower(record['spanId']), '') as span_id,
        coalesce(
            nullif(try_cast(record['timeUnixNano'] as bigint), 0),
            nullif(try_cast(record['observedTimeUnixNano'] as bigint), 0)
        ) as scored_at,
        try_cast(record['attributes']['gen_ai.evaluation.score.value'] as double) as score,
        lower(record['attributes']['gen_ai.evaluation.score.label']) as label,
        nullif(record['attributes']['gen_ai.response.id'], '') as response_id
    from records
    where coalesce(nullif(record['eventName'], ''), record['attributes']['event.name']) in ('gen_ai.evaluation.result')
        -- an evaluation that failed has neither
        and coalesce(
            record['attributes']['gen_ai.evaluation.score.value'],
            record['attributes']['gen_ai.evaluation.score.label']
        ) is not null
)

select
    _object_key as x_object_key,
    _line as x_line,
    concat_ws('/', a['gen_ai.evaluation.name'], coalesce(response_id, trace_id || '/' || span_id, trace_id), scored_at)
        as x_natural_key,
    response_id as gen_ai_response_id,
    trace_id as x_trace_id,
    nullif(a['gen_ai.conversation.id'], '') as gen_ai_conversation_id,
    a['gen_ai.evaluation.name'] as eval_set,
    -- the event does not say who scored: the weakest kind of evidence is taken
    'llm_judge' as method,
    a['gen_ai.evaluation.name'] as rubric_or_judge,
    coalesce(response_id, trace_id || '/' || span_id, trace_id) as item_id,
    score,
    case
        when label in ('correct', 'pass', 'passed', 'true', 'yes') then true
        when label in ('incorrect', 'fail', 'failed', 'false', 'no') then false
    end as is_correct,
    coalesce(nullif(a['gen_ai.conversation.id'], ''), trace_id) as cluster_id,
    to_timestamp_micros(scored_at / 1000) as scored_at
from scores
