-- One record of an Amazon Bedrock batch job's output, which answers the record of the same id of its input.
--
-- docs:          https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html
-- status:        documented
-- recognised_by: "recordId" is not null and ("modelOutput" is not null or error['errorCode'] is not null)
-- objects:       \.jsonl\.out(\.(gz|zst))?$
-- skip:          (^|/)manifest\.json\.out$
create external table bedrock_batch (
    "recordId" varchar not null, -- unique inside its job only
    "modelInput" struct< -- body of InvokeModel or Converse, of any model's shape
        max_tokens bigint,
        max_completion_tokens bigint,
        max_gen_len bigint,
        "inferenceConfig" struct<"maxTokens" bigint, max_new_tokens bigint>,
        "textGenerationConfig" struct<"maxTokenCount" bigint>,
        messages json, -- searched for kinds of content, never selected
        tools json,
        "toolConfig" json
    >,
    "modelOutput" struct< -- response of InvokeModel or Converse; absent on failure
        id varchar,
        model varchar, -- only some models name themselves
        stop_reason varchar,
        "stopReason" varchar,
        choices array<struct<finish_reason varchar>>,
        usage struct<
            input_tokens bigint, -- uncached input only
            cache_read_input_tokens bigint,
            cache_creation_input_tokens bigint,
            cache_creation struct<
                ephemeral_5m_input_tokens bigint,
                ephemeral_1h_input_tokens bigint
            >,
            output_tokens bigint,
            "inputTokens" bigint, -- uncached input only
            "cacheReadInputTokens" bigint,
            "cacheWriteInputTokens" bigint,
            "outputTokens" bigint,
            prompt_tokens bigint, -- cached input inside
            prompt_tokens_details struct<cached_tokens bigint>,
            completion_tokens bigint,
            completion_tokens_details struct<reasoning_tokens bigint>
        >,
        prompt_token_count bigint,
        generation_token_count bigint,
        "inputTextTokenCount" bigint,
        results array<struct<"tokenCount" bigint, "completionReason" varchar>>,
        embedding json -- never selected
    >,
    error struct<"errorCode" varchar> -- HTTP status
)
stored as json
location 'sample_data/formats/bedrock_batch/';
