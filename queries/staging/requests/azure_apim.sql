-- One language model call through API Management: the entries of one correlation id, taken together.
--
-- grain:  id of the model's response, else correlationId
-- tokens: cached input is included in input for OpenAI models and beside it for Claude (one public record is known);
--         more cached than prompt proves "beside"; cache writes and reasoning are not logged, so null
-- docs:   https://learn.microsoft.com/azure/api-management/api-management-howto-llm-logs
--
-- A GatewayLogs entry knows the caller, but not the response id by which a call is known in every log; by its
-- correlation id alone it would be a second call. So it becomes a row (without usage, folded into the call) only where
-- the response body was logged and names that id, and never when the gateway's cache replayed an older body.
with entries as (
    select
        _object_key,
        _line,
        "time" as begun_at,
        category,
        "correlationId" as correlation_id,
        "durationMs" as duration_ms,
        coalesce("isRequestSuccess", true) as is_success,
        lower(regexp_extract("resourceId", '(?i)/subscriptions/([^/]+)')) as subscription_id,
        -- quotes inside an answer are escaped twice in a body, so this meets keys only
        coalesce(
            properties['requestId'],
            regexp_extract(
                properties['backendResponseBody'],
                '[{,]\s*\\?"id\\?"\s*:\s*\\?"((?:resp_|chatcmpl-|cmpl-|msg_)[A-Za-z0-9_-]+)'
            )
        ) as model_request_id,
        coalesce(properties['sequenceNumber'], 0) as sequence_number,
        properties['operationName'] as operation,
        nullif(properties['modelName'], '') as model,
        nullif(properties['deploymentName'], '') as deployment,
        properties['isStreamCompletion'] as is_stream,
        properties['promptTokens'] as prompt,
        properties['promptCachedTokens'] as cached,
        properties['completionTokens'] as completion,
        nullif(properties['apimSubscriptionId'], '') as caller,
        coalesce(properties['cache'], 'none') as gateway_cache,
        properties['responseCode'] as response_code
    from azure_apim
),

-- the greatest of each count: parts repeat the tokens or have 0, so a sum would count them again
calls_in as (
    select
        *,
        max(prompt) over call as input_logged,
        max(cached) over call as cache_read,
        max(completion) over call as output_total,
        max(model) over call as served_model,
        max(deployment) over call as asked_model,
        max(model_request_id) over call as response_id,
        row_number() over (
            partition by _object_key, category, correlation_id
            order by coalesce(prompt, 0) + coalesce(completion, 0) desc, sequence_number, _line
        ) as place
    from entries
    window call as (partition by _object_key, category, correlation_id)
),

counted as (
    select
        *,
        lower(coalesce(served_model, asked_model)) as model_name,
        case
            when lower(coalesce(served_model, asked_model)) like '%claude%' or cache_read > input_logged then 0
            else coalesce(cache_read, 0)
        end as cached_inside
    from calls_in
    -- probes and parts in another object have no tokens; a success that names a model and no count has missing usage
    where place = 1
        and (
            input_logged <> 0 or output_total <> 0 or cache_read <> 0
            or (input_logged is null and served_model is not null and sequence_number = 0 and is_success)
            or (category = 'GatewayLogs' and response_id is not null and gateway_cache <> 'hit')
        )
)

select
    _object_key as x_object_key,
    _line as x_line,
    begun_at as x_start_time,
    begun_at + arrow_cast(duration_ms, 'Duration(Millisecond)') as x_end_time,
    'ms' as x_time_precision,
    duration_ms as x_duration_ms,
    case
        when operation like '%Embedding%' then 'embeddings'
        when operation like '%Image%' then 'image'
        when operation like 'Completions%' then 'text_completion'
        when operation is not null then 'chat'
    end as gen_ai_operation_name,
    -- the back end is not logged: told by the model's name
    case
        when regexp_like(model_name, '^(gpt|chatgpt|codex|o[1-9]|text-embedding|dall-e|whisper|tts)')
        then 'azure.ai.openai'
        when model_name is not null then 'azure.ai.inference'
    end as gen_ai_provider_name,
    coalesce(asked_model, served_model) as gen_ai_request_model,
    served_model as gen_ai_response_model,
    case when regexp_like(response_id, '^(chatcmpl-|cmpl-|resp_|msg_)') then response_id end as gen_ai_response_id,
    correlation_id as x_request_id,
    input_logged - cached_inside + coalesce(cache_read, 0) as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_logged - cached_inside as usage_input_uncached_tokens,
    case when input_logged is not null then coalesce(cache_read, 0) end as usage_cache_read_tokens,
    output_total as usage_output_visible_tokens,
    case
        when input_logged is null then 'missing'
        when cache_read > input_logged then 'exclusive_repaired'
        when model_name like '%claude%' or cache_read > 0 then 'assumed'
        else 'inclusive'
    end as x_usage_semantics,
    case when is_success then 'ok' else 'error' end as x_status,
    response_code as http_response_status_code,
    is_stream as gen_ai_request_stream,
    caller as x_api_key_alias,
    operation as x_endpoint,
    subscription_id as sub_account_id
from counted
