-- One response of Mistral's API: as it came, in the caller's envelope, or a line of a batch's output.
--
-- docs:          https://docs.mistral.ai/api/endpoint/chat
-- status:        real
-- recognised_by: regexp_like(
--                    coalesce(model, response['model'], response['body']['model'], request['model']),
--                    '(mis|minis|mix|vox|codes|pix|devs|magis)tral'
--                ) and (usage is not null or response['usage'] is not null or response['body']['usage'] is not null)
-- objects:       \.(jsonl|ndjson|json)(\.(gz|zst))?$
create external table mistral (
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
    tier varchar, -- tier by provenance, such as batch
    custom_id varchar, -- of a batch: the caller's own id, unique in its batch only
    error struct<type varchar, code varchar>,
    request struct<
        model varchar,
        max_tokens bigint,
        stream boolean,
        response_format struct<type varchar>,
        tools json,
        messages json -- searched for kinds of parts, never selected
    >,
    response struct<
        status_code bigint, -- of a batch
        body struct<
            id varchar,
            object varchar, -- chat.completion or list
            created double, -- seconds since 1970
            model varchar,
            choices array<struct<finish_reason varchar>>,
            usage struct<
                prompt_tokens bigint,
                completion_tokens bigint,
                prompt_tokens_details struct<cached_tokens bigint>,
                prompt_token_details struct<cached_tokens bigint>, -- the same, spelt so in the specification too
                num_cached_tokens bigint, -- the same
                prompt_audio_seconds json -- number, null or {}; audio is inside prompt_tokens, its share is not told
            >
        >,
        id varchar,
        object varchar, -- chat.completion or list
        created double, -- seconds since 1970
        model varchar,
        choices array<struct<finish_reason varchar>>,
        usage struct<
            prompt_tokens bigint,
            completion_tokens bigint,
            prompt_tokens_details struct<cached_tokens bigint>,
            prompt_token_details struct<cached_tokens bigint>, -- the same, spelt so in the specification too
            num_cached_tokens bigint, -- the same
            prompt_audio_seconds json -- number, null or {}; audio is inside prompt_tokens, its share is not told
        >
    >,
    type varchar, -- of a failed call's body
    code varchar,
    id varchar,
    object varchar, -- chat.completion or list
    created double, -- seconds since 1970
    model varchar,
    choices array<struct<finish_reason varchar>>,
    usage struct<
        prompt_tokens bigint,
        completion_tokens bigint,
        prompt_tokens_details struct<cached_tokens bigint>,
        prompt_token_details struct<cached_tokens bigint>, -- the same, spelt so in the specification too
        num_cached_tokens bigint, -- the same
        prompt_audio_seconds json -- number, null or {}; audio is inside prompt_tokens, its share is not told
    >
)
stored as json
location 'sample_data/formats/mistral/';
