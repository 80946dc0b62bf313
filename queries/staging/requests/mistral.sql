-- One call of Mistral's API, as the response body tells it.
--
-- grain:  the body's id, else request_id, else custom_id and the object
-- tokens: cached input is included in input, and so is audio, whose share is not told; reasoning is not told apart
-- docs:   https://docs.mistral.ai/api/endpoint/chat
with bodies as (
    select
        * exclude (object, created, model, choices, usage),
        case
            when custom_id is not null then response['body']['id']
            else coalesce(response['id'], id)
        end as response_id,
        coalesce(response['body']['object'], response['object'], object) as kind,
        to_timestamp_micros(cast(round(
            coalesce(response['body']['created'], response['created'], created) * 1000000
        ) as bigint)) as created_at,
        coalesce(response['body']['model'], response['model'], model) as served_model,
        coalesce(
            response['body']['choices'][1]['finish_reason'],
            response['choices'][1]['finish_reason'],
            choices[1]['finish_reason']
        ) as finish,
        coalesce(response['body']['usage'], response['usage'], usage) as counts,
        coalesce(error['type'], error['code'], case when object = 'error' then coalesce(type, code) end) as error_word
    from mistral
),

counted as (
    select
        *,
        counts['prompt_tokens'] as input_total,
        -- embeddings have no output count
        counts['completion_tokens'] as output_total,
        -- an absent count of cached input is no cached input
        coalesce(
            counts['prompt_tokens_details']['cached_tokens'],
            counts['prompt_token_details']['cached_tokens'],
            counts['num_cached_tokens'],
            0
        ) as cache_read,
        coalesce(ts, created_at) as known_at
    from bodies
    -- records of others that speak OpenAI's API may lie beside
    where regexp_like(coalesce(request['model'], served_model), '(mis|minis|mix|vox|codes|pix|devs|magis)tral')
        or (served_model is null and (
            kind = 'error' or (custom_id is not null and response is not null and id not like 'batch\_req\_%')
        ))
)

select
    _object_key as x_object_key,
    _line as x_line,
    case when custom_id is not null then concat(custom_id, ' of ', _object_key) end as x_natural_key,
    coalesce(
        started_at,
        ts - arrow_cast(latency_ms, 'Duration(Millisecond)'),
        case when ts is null then created_at end
    ) as x_start_time,
    case when created_at is null then coalesce(ts, _object_modified_at) else ts end as x_end_time,
    case
        when known_at is null then 'object'
        when date_trunc('second', known_at) = known_at then 's'
        when date_trunc('millisecond', known_at) = known_at then 'ms'
        else 'us'
    end as x_time_precision,
    coalesce(
        latency_ms,
        cast(round((date_part('epoch', ts) - date_part('epoch', started_at)) * 1000) as bigint)
    ) as x_duration_ms,
    case
        when kind = 'chat.completion' then 'chat'
        when kind = 'list' then 'embeddings'
    end as gen_ai_operation_name,
    'mistral_ai' as gen_ai_provider_name,
    coalesce(request['model'], served_model) as gen_ai_request_model,
    served_model as gen_ai_response_model,
    response_id as gen_ai_response_id,
    request_id as x_request_id,
    input_total as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_total - cache_read as usage_input_uncached_tokens,
    case when input_total is not null then cache_read end as usage_cache_read_tokens,
    case when input_total is not null then 0 end as usage_cache_write_5m_tokens,
    case when input_total is not null then 0 end as usage_cache_write_1h_tokens,
    output_total as usage_output_visible_tokens,
    case when input_total is null then 'missing' else 'inclusive' end as x_usage_semantics,
    case
        when error_word like '%expired%' then 'expired'
        when error_word like '%cancel%' then 'canceled'
        when error is not null or error_word is not null or response['status_code'] >= 400 then 'error'
        when counts is not null or response_id is not null then 'ok'
        else 'unknown'
    end as x_status,
    error_word as error_type,
    response['status_code'] as http_response_status_code,
    case
        when finish = 'stop' then 'stop'
        when finish in ('length', 'model_length') then 'length'
        when finish = 'tool_calls' then 'tool_calls'
        when finish is not null then 'other'
    end as gen_ai_response_finish_reason,
    attempt as x_attempt,
    logical_request_id as x_logical_request_id,
    request['stream'] as gen_ai_request_stream,
    request['max_tokens'] as gen_ai_request_max_tokens,
    request['response_format']['type'] as x_response_format,
    coalesce(
        regexp_like(request['tools'], '^\s*\[\s*[^\]\s]'),
        case when finish = 'tool_calls' then true end
    ) as x_has_tools,
    regexp_like(request['messages'], '"type"\s*:\s*"(image_url|document_url)"') as x_has_image,
    case
        when regexp_like(counts['prompt_audio_seconds'], '[1-9]')
            or regexp_like(request['messages'], '"type"\s*:\s*"input_audio"')
        then true
    end as x_has_audio,
    coalesce(lower(tier), case when custom_id is not null then 'batch' end) as x_service_tier,
    workload as x_workload_tag,
    prompt_name as gen_ai_prompt_name,
    app as x_app,
    api_key_alias as x_api_key_alias,
    env as x_environment,
    team as x_team
from counted
