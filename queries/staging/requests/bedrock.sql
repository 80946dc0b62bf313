-- One Bedrock model invocation; every retry of an SDK is its own record.
--
-- grain:  requestId
-- tokens: cached input is beside input: input is the sum of the three input counts; reasoning is included in output
-- docs:   https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
with calls_in as (
    select
        _object_key,
        _line,
        "timestamp" as called_at,
        "accountId" as account_id,
        coalesce("inferenceRegion", region) as served_region,
        "requestId" as request_id,
        operation,
        "modelId" as model_id,
        "errorCode" as error_code,
        identity['arn'] as caller_arn,
        "requestMetadata" as caller_tags,
        input['inputTokenCount'] as input_uncached,
        coalesce(input['cacheReadInputTokenCount'], 0) as cache_read,
        coalesce(input['cacheWriteInputTokenCount'], 0) as cache_write,
        output['outputTokenCount'] as output_total,
        output['outputImageHeight'] as image_height,
        input['inputBodyJson'] as request_body,
        output['outputBodyJson'] as response_body
    from bedrock
    where coalesce("schemaType", 'ModelInvocationLog') = 'ModelInvocationLog'
),

-- Bodies are raw JSON text of any model's shape. A quote inside text is escaped there, so a quoted key in
-- a pattern meets keys only, never prose; a tool's arguments may still bear the same key. Therefore: what
-- stands before the content is anchored to the start, what stands after it is the last match, numbers are
-- asked for together with the object around them. No match is null, never a guess.
facts as (
    select
        *,
        -- scalar members before the first nested one: of the message, or of the message in the first chunk
        regexp_extract(
            response_body,
            '^\s*(?:\[\s*\{\s*"type"\s*:\s*"message_start"\s*,\s*"message"\s*:\s*)?\{[^{}\[\]]*"id"\s*:\s*"((?:msg_|chatcmpl-)[^"\\]+)"'
        ) as message_id,
        regexp_extract(
            response_body,
            '^\s*(?:\[\s*\{\s*"type"\s*:\s*"message_start"\s*,\s*"message"\s*:\s*)?\{[^{}\[\]]*"model"\s*:\s*"([^"\\]+)"'
        ) as body_model,
        lower(regexp_extract(
            response_body,
            '(?s)^.*[{,]\s*"(?:stopReason|stop_reason|finish_reason|completionReason)"\s*:\s*"([A-Za-z_]+)"'
        )) as finish,
        cast(coalesce(
            regexp_extract(response_body, '"metrics"\s*:\s*\{[^{}]*"latencyMs"\s*:\s*(\d{1,9})'),
            regexp_extract(response_body, '"amazon-bedrock-invocationMetrics"\s*:\s*\{[^{}]*"invocationLatency"\s*:\s*(\d{1,9})')
        ) as bigint) as duration_ms,
        cast(
            regexp_extract(response_body, '"amazon-bedrock-invocationMetrics"\s*:\s*\{[^{}]*"firstByteLatency"\s*:\s*(\d{1,9})')
            as bigint
        ) as first_byte_ms,
        regexp_extract(response_body, '"serviceTier"\s*:\s*\{\s*"type"\s*:\s*"([a-z]+)"') as tier,
        cast(
            regexp_extract(response_body, '"cache_creation"\s*:\s*\{[^{}]*"ephemeral_5m_input_tokens"\s*:\s*(\d{1,12})')
            as bigint
        ) as split_5m,
        cast(coalesce(
            regexp_extract(response_body, '"cache_creation"\s*:\s*\{[^{}]*"ephemeral_1h_input_tokens"\s*:\s*(\d{1,12})'),
            regexp_extract(response_body, '"cacheDetails"\s*:\s*\[[^\[\]]*\{[^{}]*"inputTokens"\s*:\s*(\d{1,12})[^{}]*"ttl"\s*:\s*"1h"'),
            regexp_extract(response_body, '"cacheDetails"\s*:\s*\[[^\[\]]*\{[^{}]*"ttl"\s*:\s*"1h"[^{}]*"inputTokens"\s*:\s*(\d{1,12})')
        ) as bigint) as split_1h,
        coalesce(regexp_like(response_body, '"cache_creation"\s*:\s*\{\s*"ephemeral_|"cacheDetails"\s*:\s*\[\s*\{'), false)
            as has_split,
        -- a request that asks for no hour writes for minutes
        coalesce(not regexp_like(request_body, '"ttl"\s*:\s*"1h"'), false) as asks_no_hour,
        cast(coalesce(
            regexp_extract(request_body, '"inferenceConfig"\s*:\s*\{[^{}]*"(?:maxTokens|max_new_tokens)"\s*:\s*(\d{1,9})'),
            regexp_extract(request_body, '"(?:max_tokens|max_completion_tokens|max_tokens_to_sample|max_gen_len|maxTokenCount)"\s*:\s*(\d{1,9})')
        ) as bigint) as max_tokens,
        regexp_like(request_body, '"tools"\s*:\s*\[\s*\{') as has_tools,
        regexp_like(
            request_body,
            '\{\s*"(image|document|video)"\s*:\s*\{\s*"(format|name|source)"|[{,]\s*"type"\s*:\s*"(image|document|image_url)"\s*,\s*"(source|image_url)"'
        ) as has_image,
        regexp_like(
            request_body,
            '"toolChoice"\s*:\s*\{\s*"(tool|any)"|[{,]\s*"tool_choice"\s*:\s*\{[^{}]*"type"\s*:\s*"(tool|any|function)"'
        ) as has_forced_tool,
        regexp_like(request_body, '"messages"\s*:\s*\[') as has_messages,
        regexp_extract(caller_arn, ':assumed-role/([^/]+)') as caller_role,
        -- IAM users stand for long-lived keys; a name with @ is a person
        regexp_extract(caller_arn, ':user/(?:[^@]*/)?([^/@]+)$') as caller_user
    from calls_in
),

counted as (
    select
        *,
        input_uncached + cache_read + cache_write as input_total,
        -- parts stay as stated: where they are more than their whole, the contract rejects the row
        coalesce(split_5m, cache_write - coalesce(split_1h, 0)) as cache_write_5m,
        coalesce(split_1h, cache_write - coalesce(split_5m, cache_write)) as cache_write_1h,
        cache_write = 0 or has_split or asks_no_hour as is_split_known,
        array_to_string(
            array_transform(
                array_filter(map_entries(caller_tags), entry -> entry['value'] is not null),
                entry -> concat(json_string(entry['key']), ':', json_string(entry['value']))
            ),
            ','
        ) as tag_text
    from facts
)

select
    _object_key as x_object_key,
    _line as x_line,
    called_at as x_start_time,
    called_at + arrow_cast(duration_ms, 'Duration(Millisecond)') as x_end_time,
    's' as x_time_precision,
    duration_ms as x_duration_ms,
    first_byte_ms as x_time_to_first_chunk_ms,
    case
        when model_id like '%embed%' then 'embeddings'
        when image_height is not null then 'image'
        when operation like 'Converse%' or has_messages or model_id like '%claude%' then 'chat'
    end as gen_ai_operation_name,
    'aws.bedrock' as gen_ai_provider_name,
    regexp_extract(model_id, '([^/]+)$') as gen_ai_request_model,
    case when operation like 'InvokeModel%' then body_model end as gen_ai_response_model,
    case when operation like 'InvokeModel%' then message_id end as gen_ai_response_id,
    request_id as x_request_id,
    input_total as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_uncached as usage_input_uncached_tokens,
    case when input_total is not null then cache_read end as usage_cache_read_tokens,
    case when input_total is not null then cache_write_5m end as usage_cache_write_5m_tokens,
    case when input_total is not null then cache_write_1h end as usage_cache_write_1h_tokens,
    output_total as usage_output_visible_tokens,
    case
        when input_total is null then 'missing'
        when is_split_known then 'exclusive_repaired'
        else 'assumed'
    end as x_usage_semantics,
    case when error_code is null then 'ok' else 'error' end as x_status,
    error_code as error_type,
    case
        when finish in ('end_turn', 'stop_sequence', 'stop', 'complete', 'finish', 'finished') then 'stop'
        when finish in ('max_tokens', 'length', 'model_context_window_exceeded') then 'length'
        when finish in ('tool_use', 'tool_calls') then 'tool_calls'
        when finish in ('guardrail_intervened', 'content_filtered', 'content_filter') then 'content_filter'
        when finish = 'refusal' then 'refusal'
        when finish is not null then 'other'
    end as gen_ai_response_finish_reason,
    operation like '%Stream' as gen_ai_request_stream,
    max_tokens as gen_ai_request_max_tokens,
    case when has_forced_tool then 'forced_tool' end as x_response_format,
    has_tools as x_has_tools,
    has_image as x_has_image,
    case
        when model_id like '%:provisioned-model/%' then 'provisioned'
        when tier = 'default' then 'standard'
        when tier = 'reserved' then 'provisioned'
        else tier
    end as x_service_tier,
    coalesce(caller_tags['workload'], caller_tags['feature']) as x_workload_tag,
    coalesce(caller_tags['prompt_id'], caller_tags['prompt_name']) as gen_ai_prompt_name,
    caller_tags['prompt_version'] as x_prompt_version,
    coalesce(caller_tags['app'], caller_role) as x_app,
    caller_user as x_api_key_alias,
    operation as x_endpoint,
    coalesce(caller_tags['env'], caller_tags['environment']) as x_environment,
    caller_tags['team'] as x_team,
    account_id as sub_account_id,
    served_region as region_id,
    case when tag_text <> '' then concat('{', tag_text, '}') end as tags
from counted
