-- One call of a page of the gateway's log. A page that is fetched again repeats calls; their ids fold them.
--
-- grain:  provider and id
-- tokens: one number each for input and output; whether input has Claude's cached part is not documented: `assumed`
-- docs:   https://developers.cloudflare.com/api/resources/ai_gateway/subresources/logs/methods/list
with calls_in as (
    select _object_key, _line, unnest(result) as call
    from cloudflare_ai_gateway
),

-- 0 and 0 is no usage: every call that a model answered has input
stated as (
    select
        *,
        call['metadata'] as labels,
        call['path'] as path,
        coalesce(call['success'], call['status_code'] < 400) as is_success,
        coalesce(call['cached'], false) as is_cached,
        case when coalesce(call['tokens_in'], 0) + coalesce(call['tokens_out'], 0) <> 0 then call['tokens_in'] end
            as input_total,
        case when coalesce(call['tokens_in'], 0) + coalesce(call['tokens_out'], 0) <> 0 then call['tokens_out'] end
            as output_total,
        -- callers put users into the metadata: what holds an @ is left out
        array_to_string(
            array_transform(
                array_filter(map_entries(call['metadata']), entry -> entry['value'] not like '%@%'),
                entry -> concat(json_string(entry['key']), ':', json_string(entry['value']))
            ),
            ','
        ) as tag_text
    from calls_in
)

select
    _object_key as x_object_key,
    _line as x_line,
    -- taken as the start: the documents do not say
    call['created_at'] as x_start_time,
    call['created_at'] + arrow_cast(call['duration'], 'Duration(Millisecond)') as x_end_time,
    'ms' as x_time_precision,
    call['duration'] as x_duration_ms,
    case
        when path like '%embeddings%' then 'embeddings'
        when path like '%images/%' then 'image'
        when regexp_like(path, '(chat/completions|messages|responses)$') then 'chat'
        when path like '%completions' then 'text_completion'
        when path like '%enerateContent%' then 'generate_content'
    end as gen_ai_operation_name,
    call['provider'] as gen_ai_provider_name,
    call['model'] as gen_ai_request_model,
    call['id'] as x_request_id,
    input_total as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_total as usage_input_uncached_tokens,
    case when input_total is not null then 0 end as usage_cache_read_tokens,
    case when input_total is not null then 0 end as usage_cache_write_5m_tokens,
    case when input_total is not null then 0 end as usage_cache_write_1h_tokens,
    output_total as usage_output_visible_tokens,
    case when input_total is null then 'missing' else 'assumed' end as x_usage_semantics,
    case when is_success then 'ok' when not is_success then 'error' else 'unknown' end as x_status,
    call['status_code'] as http_response_status_code,
    -- an earlier step failed, whoever logs it
    call['step'] + 1 as x_attempt,
    call['response_content_type'] like 'text/event-stream%' as gen_ai_request_stream,
    is_cached as x_gateway_cache_hit,
    coalesce(labels['workload'], labels['feature']) as x_workload_tag,
    labels['app'] as x_app,
    path as x_endpoint,
    coalesce(labels['env'], labels['environment']) as x_environment,
    labels['team'] as x_team,
    case when tag_text <> '' then concat('{', tag_text, '}') end as tags,
    -- 0 is what the gateway writes when it knows no price
    case when is_success and (call['cost'] <> 0 or is_cached) then call['cost'] end as x_reported_cost_usd
from stated
