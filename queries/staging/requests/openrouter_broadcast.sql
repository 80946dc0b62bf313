-- One generation of a broadcast trace.
--
-- grain:  id of the generation
-- tokens: input and output as stated; whether cached and reasoning tokens are inside is unknown
-- docs:   https://openrouter.ai/docs/guides/features/broadcast/s3
with generations as (
    select
        _object_key, _line, id as trace_id, name as trace_name, "userId" as user_name, "sessionId" as session_id,
        metadata as trace_tags, unnest(observations) as call
    from openrouter_broadcast
),

facts as (
    select
        *,
        call['usage']['input'] as input_total,
        call['usage']['output'] as output_total,
        array_to_string(
            array_transform(
                array_filter(map_entries(trace_tags), e -> e['value'] is not null and e['value'] not like '%@%'),
                e -> concat(json_string(e['key']), ':', json_string(e['value']))
            ),
            ','
        ) as tag_text
    from generations
    where coalesce(call['type'], 'GENERATION') = 'GENERATION'
)

select
    _object_key as x_object_key,
    _line as x_line,
    call['startTime'] as x_start_time,
    call['endTime'] as x_end_time,
    'ms' as x_time_precision,
    cast(round((date_part('epoch', call['endTime']) - date_part('epoch', call['startTime'])) * 1000) as bigint)
        as x_duration_ms,
    'openrouter' as gen_ai_provider_name,
    call['model'] as gen_ai_request_model,
    call['model'] as gen_ai_response_model,
    call['id'] as gen_ai_response_id,
    trace_id || '/' || cast(call['startTime'] as varchar) || '/' || call['name'] as x_natural_key,
    trace_id as x_trace_id,
    session_id as gen_ai_conversation_id,
    input_total as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_total as usage_input_uncached_tokens,
    case when input_total is not null then 0 end as usage_cache_read_tokens,
    case when input_total is not null then 0 end as usage_cache_write_5m_tokens,
    case when input_total is not null then 0 end as usage_cache_write_1h_tokens,
    output_total as usage_output_visible_tokens,
    case when input_total is null and output_total is null then 'missing' else 'assumed' end as x_usage_semantics,
    case when call['level'] = 'ERROR' then 'error' else 'ok' end as x_status,
    coalesce(
        call['metadata']['workload'], trace_tags['workload'], call['metadata']['feature'], trace_tags['feature']
    ) as x_workload_tag,
    coalesce(call['metadata']['app'], trace_tags['app'], trace_name) as x_app,
    coalesce(trace_tags['environment'], trace_tags['env']) as x_environment,
    trace_tags['team'] as x_team,
    case when user_name not like '%@%' then user_name end as user_id,
    case when tag_text <> '' then concat('{', tag_text, '}') end as tags,
    case when input_total is not null or output_total is not null then call['cost'] end as x_reported_cost_usd
from facts
