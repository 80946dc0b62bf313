-- One call of the Anthropic Messages API, logged by the caller around the message object.
--
-- docs:          https://docs.anthropic.com/en/api/messages
-- status:        documented
-- recognised_by: ts is not null and response['type'] in ('message', 'error')
-- objects:       \.(jsonl|ndjson|json)(\.(gz|zst))?$
create external table anthropic_envelope (
    ts timestamp with time zone not null, -- end of the call
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
    request_id varchar, -- request-id header, or the caller's own id
    provider varchar, -- anthropic when absent
    tier varchar, -- tier by provenance, such as batch: goes before the response's
    error struct<type varchar, code varchar, status bigint>,
    request struct<
        model varchar,
        max_tokens bigint,
        system fingerprint, -- the system prompt, reduced to its digest where the source sets fingerprint = true
        stream boolean,
        reasoning_effort varchar,
        output_config struct<effort varchar>,
        output_format json,
        tools json,
        tool_choice json,
        has_tools boolean,
        has_image boolean
    >,
    response struct<
        id varchar,
        type varchar, -- message or error
        model varchar,
        stop_reason varchar,
        request_id varchar, -- of an error object
        error struct<type varchar>,
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
            server_tool_use struct<web_search_requests bigint>,
            service_tier varchar,
            speed varchar,
            inference_geo varchar
        >
    >
)
stored as json
location 'sample_data/formats/anthropic_envelope/';
