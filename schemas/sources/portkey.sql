-- One call of a Portkey logs export (JSON lines). The requester picks the columns, so any may be absent.
-- Whether request.body and the like are nested or one flat name is not documented: both are read.
--
-- docs:          https://portkey.ai/docs/product/observability/logs-export
-- status:        documented
-- recognised_by: created_at is not null and ai_org is not null and ai_model is not null and cache_status is not null
-- objects:       \.(jsonl|ndjson|json)(\.(gz|zst))?$
create external table portkey (
    created_at timestamp with time zone not null, -- taken for the start of the call, which is not documented
    request struct<body json>, -- searched for a few keys, never selected
    "request.body" json,
    response struct<
        body struct<
            id varchar,
            object varchar,
            model varchar,
            service_tier varchar,
            status varchar,
            stop_reason varchar,
            choices array<struct<finish_reason varchar>>,
            error json,
            usage struct<
                prompt_tokens bigint,
                completion_tokens bigint,
                input_tokens bigint,
                output_tokens bigint,
                total_tokens bigint,
                cache_read_input_tokens bigint,
                cache_creation_input_tokens bigint,
                prompt_tokens_details struct<cached_tokens bigint, audio_tokens bigint>,
                completion_tokens_details struct<reasoning_tokens bigint, audio_tokens bigint>,
                input_tokens_details struct<cached_tokens bigint, audio_tokens bigint>,
                output_tokens_details struct<reasoning_tokens bigint, audio_tokens bigint>
            >
        >
    >,
    "response.body" struct<
        id varchar,
        object varchar,
        model varchar,
        service_tier varchar,
        status varchar,
        stop_reason varchar,
        choices array<struct<finish_reason varchar>>,
        error json,
        usage struct<
            prompt_tokens bigint,
            completion_tokens bigint,
            input_tokens bigint,
            output_tokens bigint,
            total_tokens bigint,
            cache_read_input_tokens bigint,
            cache_creation_input_tokens bigint,
            prompt_tokens_details struct<cached_tokens bigint, audio_tokens bigint>,
            completion_tokens_details struct<reasoning_tokens bigint, audio_tokens bigint>,
            input_tokens_details struct<cached_tokens bigint, audio_tokens bigint>,
            output_tokens_details struct<reasoning_tokens bigint, audio_tokens bigint>
        >
    >,
    is_success bigint, -- 1 or 0
    ai_org varchar,
    ai_model varchar,
    req_units bigint, -- input tokens, 0 when unknown
    res_units bigint, -- output tokens
    cost decimal(38,12), -- US cents
    cost_currency varchar,
    request_url varchar,
    response_status_code bigint,
    response_time bigint, -- milliseconds
    cache_status varchar, -- HIT, SEMANTIC HIT, MISS, SEMANTIC MISS, REFRESH, DISABLED
    stream_mode varchar, -- TRUE or FALSE
    retry_success_count bigint, -- retries until the call succeeded
    trace_id varchar,
    mode varchar, -- SINGLE, FALLBACK or LOADBALANCE
    virtual_key varchar,
    config varchar,
    prompt_slug varchar,
    prompt_version_id varchar,
    metadata struct<"key" array<varchar>, "value" array<varchar>>,
    "metadata.key" array<varchar>,
    "metadata.value" array<varchar>
)
stored as json
location 'sample_data/formats/portkey/';
