-- One call of a Bedrock batch job; the log has neither its time nor who asked, and often not the model.
--
-- grain:  modelOutput.id, else job folder + file + recordId
-- tokens: cached input is beside input, in OpenAI's bodies inside it; reasoning is included in output
-- docs:   https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html
with calls_in as (
    select
        _object_key,
        _line,
        _object_modified_at,
        -- jobs repeat record ids; the folder is the job's
        concat(regexp_extract(_object_key, '((?:[^/]+/)?[^/]+?)\.jsonl\.out'), '/', "recordId") as natural_key,
        "modelInput" as asked,
        "modelOutput" as answer,
        "modelOutput"['usage'] as counts,
        "modelOutput"['usage']['cache_creation'] as write_details,
        error['errorCode'] as error_code
    from bedrock_batch
),

counted as (
    select
        *,
        coalesce(
            counts['prompt_tokens_details']['cached_tokens'],
            counts['cache_read_input_tokens'],
            counts['cacheReadInputTokens'],
            0
        ) as cache_read,
        coalesce(counts['cache_creation_input_tokens'], counts['cacheWriteInputTokens'], 0) as cache_write,
        coalesce(
            counts['input_tokens'],
            counts['inputTokens'],
            counts['prompt_tokens'] - coalesce(counts['prompt_tokens_details']['cached_tokens'], 0),
            answer['prompt_token_count'],
            answer['inputTextTokenCount']
        ) as input_uncached,
        coalesce(
            counts['output_tokens'],
            counts['outputTokens'],
            counts['completion_tokens'],
            answer['generation_token_count'],
            answer['results'][1]['tokenCount']
        ) as output_total,
        counts['completion_tokens_details']['reasoning_tokens'] as output_reasoning,
        write_details['ephemeral_5m_input_tokens'] as split_5m,
        write_details['ephemeral_1h_input_tokens'] as split_1h,
        lower(coalesce(
            answer['stop_reason'],
            answer['stopReason'],
            answer['choices'][1]['finish_reason'],
            answer['results'][1]['completionReason']
        )) as finish
    from calls_in
)

select
    _object_key as x_object_key,
    _line as x_line,
    natural_key as x_natural_key,
    _object_modified_at as x_end_time,
    'object' as x_time_precision,
    case
        when answer['embedding'] is not null then 'embeddings'
        when asked['messages'] is not null then 'chat'
    end as gen_ai_operation_name,
    'aws.bedrock' as gen_ai_provider_name,
    answer['model'] as gen_ai_response_model,
    answer['id'] as gen_ai_response_id,
    input_uncached + cache_read + cache_write as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_uncached as usage_input_uncached_tokens,
    case when input_uncached is not null then cache_read end as usage_cache_read_tokens,
    -- parts stay as stated: where they are more than their whole, the contract rejects the row
    case when input_uncached is not null then coalesce(split_5m, cache_write - coalesce(split_1h, 0)) end
        as usage_cache_write_5m_tokens,
    case when input_uncached is not null then coalesce(split_1h, cache_write - coalesce(split_5m, cache_write)) end
        as usage_cache_write_1h_tokens,
    output_total - coalesce(output_reasoning, 0) as usage_output_visible_tokens,
    output_reasoning as usage_output_reasoning_tokens,
    case
        when input_uncached is null then 'missing'
        when cache_write > 0 and split_5m is null and split_1h is null then 'assumed'
        when counts['prompt_tokens'] is not null then 'inclusive'
        else 'exclusive_repaired'
    end as x_usage_semantics,
    case when error_code is not null then 'error' when answer is not null then 'ok' else 'unknown' end as x_status,
    error_code as error_type,
    try_cast(error_code as bigint) as http_response_status_code,
    case
        when finish in ('end_turn', 'stop_sequence', 'stop', 'complete', 'finish') then 'stop'
        when finish in ('max_tokens', 'length', 'model_context_window_exceeded') then 'length'
        when finish in ('tool_use', 'tool_calls') then 'tool_calls'
        when finish in ('guardrail_intervened', 'content_filtered', 'content_filter') then 'content_filter'
        when finish = 'refusal' then 'refusal'
        when finish is not null then 'other'
    end as gen_ai_response_finish_reason,
    coalesce(
        asked['max_tokens'], asked['max_completion_tokens'], asked['max_gen_len'],
        asked['inferenceConfig']['maxTokens'], asked['inferenceConfig']['max_new_tokens'],
        asked['textGenerationConfig']['maxTokenCount']
    ) as gen_ai_request_max_tokens,
    coalesce(regexp_like(coalesce(asked['tools'], asked['toolConfig']), '^\s*[\[{]\s*[^\]\s}]'), false) as x_has_tools,
    regexp_like(
        asked['messages'],
        '\{\s*"(image|document|video)"\s*:\s*\{|[{,]\s*"type"\s*:\s*"(image|document|image_url)"\s*[,}]'
    ) as x_has_image,
    'batch' as x_service_tier
from counted
