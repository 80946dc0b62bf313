-- One call of the OpenAI API (or one that speaks it), logged by the caller around the response object.
--
-- docs:          https://platform.openai.com/docs/api-reference/chat/object
-- status:        documented
-- recognised_by: ts is not null and response['object'] in ('chat.completion', 'response', 'text_completion', 'list')
-- objects:       \.(jsonl|ndjson|json)(\.(gz|zst))?$
create external table openai_envelope (
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
    request_id varchar, -- x-request-id header, or the caller's own id
    provider varchar, -- openai when absent
    tier varchar, -- tier by provenance, such as batch: goes before the response's
    error struct<type varchar, code varchar, status bigint>,
    request struct<
        model varchar,
        max_tokens bigint,
        max_completion_tokens bigint,
        max_output_tokens bigint,
        messages fingerprint, -- the system's messages, reduced to their digest where the source sets fingerprint = true
        instructions fingerprint, -- the same of the responses API
        stream boolean,
        reasoning_effort varchar,
        service_tier varchar,
        response_format json, -- word, or the object of the API
        tools json,
        tool_choice json,
        has_tools boolean,
        has_image boolean,
        has_audio boolean
    >,
    response struct<
        id varchar,
        object varchar, -- chat.completion, response, text_completion or list
        model varchar,
        status varchar, -- responses: completed, incomplete, failed, ...
        incomplete_details struct<reason varchar>,
        error struct<code varchar>,
        service_tier varchar, -- tier that served
        choices array<struct<finish_reason varchar, message struct<refusal varchar>>>,
        output array<struct<type varchar>>,
        max_output_tokens bigint,
        tools json,
        tool_choice json,
        text struct<format struct<type varchar>>,
        reasoning struct<effort varchar>,
        prompt struct<id varchar, version varchar>,
        metadata map(varchar, varchar),
        "user" varchar,
        usage struct<
            prompt_tokens bigint,
            completion_tokens bigint,
            prompt_tokens_details struct<
                cached_tokens bigint,
                cache_write_tokens bigint,
                audio_tokens bigint,
                image_tokens bigint
            >,
            completion_tokens_details struct<
                reasoning_tokens bigint,
                audio_tokens bigint,
                image_tokens bigint
            >,
            input_tokens bigint,
            output_tokens bigint,
            input_tokens_details struct<
                cached_tokens bigint,
                cache_write_tokens bigint,
                audio_tokens bigint,
                image_tokens bigint
            >,
            output_tokens_details struct<
                reasoning_tokens bigint,
                audio_tokens bigint,
                image_tokens bigint
            >
        >
    >
)
stored as json
location 'sample_data/formats/openai_envelope/';
