-- One call of a publisher's model, as Vertex AI logs requests and responses to BigQuery and an extract brings it out.
--
-- The payload columns repeat strings of JSON, in a stream one for each chunk (as public readers of the table take it;
-- the vendor's pages name the columns only).
--
-- docs:          https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/request-response-logging
-- status:        documented
-- recognised_by: logging_time is not null and endpoint like '%/publishers/%/models/%' and response_payload is not null
-- objects:       \.(jsonl|ndjson|json|parquet)(\.(gz|zst))?$|(^|/)[^/.]*\d{12}$
create external table vertex_request_response (
    endpoint varchar not null, -- projects/.../locations/.../publishers/.../models/...
    deployed_model_id varchar,
    logging_time timestamp with time zone not null,
    request_id varchar,
    request_payload array<struct<
        "generationConfig" struct<
            "maxOutputTokens" bigint,
            "responseMimeType" varchar,
            "responseSchema" json,
            "thinkingConfig" struct<"thinkingLevel" varchar>
        >,
        labels map(varchar, varchar),
        tools json,
        contents json, -- searched for kinds of parts, never selected
        messages json, -- Claude; the same
        max_tokens bigint, -- Claude
        stream boolean -- Claude
    >>,
    response_payload array<struct<
        "responseId" varchar,
        "modelVersion" varchar,
        candidates array<struct<
            "finishReason" varchar,
            content json -- searched for calls of functions, never selected
        >>,
        "promptFeedback" struct<"blockReason" varchar>,
        "usageMetadata" struct<
            "promptTokenCount" bigint, -- cached input included, prompts of tools not
            "cachedContentTokenCount" bigint,
            "candidatesTokenCount" bigint, -- thoughts not included
            "thoughtsTokenCount" bigint,
            "toolUsePromptTokenCount" bigint,
            "totalTokenCount" bigint,
            "promptTokensDetails" array<struct<modality varchar, "tokenCount" bigint>>,
            "cacheTokensDetails" array<struct<modality varchar, "tokenCount" bigint>>,
            "toolUsePromptTokensDetails" array<struct<modality varchar, "tokenCount" bigint>>,
            "candidatesTokensDetails" array<struct<modality varchar, "tokenCount" bigint>>,
            "trafficType" varchar
        >,
        error struct<code varchar, status varchar, type varchar>,
        id varchar, -- Claude
        type varchar, -- message, error, or the event of a stream
        model varchar,
        stop_reason varchar,
        delta struct<stop_reason varchar>,
        usage struct<
            input_tokens bigint, -- uncached input only
            cache_read_input_tokens bigint,
            cache_creation_input_tokens bigint,
            cache_creation struct<
                ephemeral_5m_input_tokens bigint,
                ephemeral_1h_input_tokens bigint
            >,
            output_tokens bigint, -- thinking included
            output_tokens_details struct<thinking_tokens bigint>,
            server_tool_use struct<web_search_requests bigint>
        >,
        message struct<
            id varchar, -- of message_start
            model varchar,
            usage struct<
                input_tokens bigint, -- uncached input only
                cache_read_input_tokens bigint,
                cache_creation_input_tokens bigint,
                cache_creation struct<
                    ephemeral_5m_input_tokens bigint,
                    ephemeral_1h_input_tokens bigint
                >,
                output_tokens bigint, -- thinking included
                output_tokens_details struct<thinking_tokens bigint>,
                server_tool_use struct<web_search_requests bigint>
            >
        >
    >>
)
stored as json
location 'sample_data/formats/vertex_request_response/';
