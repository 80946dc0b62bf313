-- One response of Gemini's generateContent: as it came, in the caller's envelope, or a line of a batch's output.
--
-- docs:          https://ai.google.dev/api/generate-content#UsageMetadata
-- status:        real
-- recognised_by: "usageMetadata" is not null or response['usageMetadata'] is not null
-- objects:       \.(jsonl|ndjson|json)(\.(gz|zst))?$
create external table gemini (
    ts timestamp with time zone, -- end of the call
    started_at timestamp with time zone,
    latency_ms bigint,
    app varchar,
    workload varchar,
    prompt_name varchar,
    team varchar,
    env varchar,
    api_key_alias varchar,
    attempt bigint,
    logical_request_id varchar, -- shared by the attempts of one request
    request_id varchar, -- the caller's own id
    provider varchar, -- gcp.gemini or gcp.vertex_ai; seen in the body when absent
    tier varchar, -- tier by provenance, such as batch: goes before the response's
    "key" varchar, -- the caller's own id in a batch of the Gemini API
    processed_time timestamp with time zone, -- in a batch of Vertex AI
    status varchar, -- in a batch of Vertex AI: empty, or why the line failed
    request struct<
        model varchar,
        "generationConfig" struct<
            "maxOutputTokens" bigint,
            "responseMimeType" varchar,
            "responseSchema" json,
            "thinkingConfig" struct<"thinkingLevel" varchar>
        >,
        labels map(varchar, varchar),
        tools json,
        contents json, -- searched for kinds of parts, never selected
        stream boolean
    >,
    response struct<
        "responseId" varchar,
        "modelVersion" varchar,
        "createTime" timestamp with time zone, -- Vertex AI
        candidates array<struct<
            "finishReason" varchar,
            content json -- searched for calls of functions, never selected
        >>,
        "promptFeedback" struct<"blockReason" varchar>,
        embedding json,
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
            "trafficType" varchar, -- Vertex AI
            "serviceTier" varchar -- Gemini API
        >,
        error struct<code varchar, status varchar>
    >,
    "responseId" varchar,
    "modelVersion" varchar,
    "createTime" timestamp with time zone, -- Vertex AI
    candidates array<struct<
        "finishReason" varchar,
        content json -- searched for calls of functions, never selected
    >>,
    "promptFeedback" struct<"blockReason" varchar>,
    embedding json,
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
        "trafficType" varchar, -- Vertex AI
        "serviceTier" varchar -- Gemini API
    >,
    error struct<code varchar, status varchar>
)
stored as json
location 'sample_data/formats/gemini/';
