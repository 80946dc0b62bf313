-- One message body of the Anthropic Messages API, logged as it came: no envelope and no time.
--
-- docs:          https://docs.anthropic.com/en/api/messages
-- status:        real
-- recognised_by: type = 'message' and usage['input_tokens'] is not null
-- objects:       \.(jsonl|ndjson|json)(\.(gz|zst))?$
create external table anthropic_message (
    id varchar,
    type varchar, -- message or error
    model varchar,
    stop_reason varchar,
    request_id varchar, -- of an error
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
        iterations array<struct<
            type varchar, -- message (in the counts above), compaction and advisor_message (beside them)
            model varchar, -- of an advisor
            input_tokens bigint,
            cache_read_input_tokens bigint,
            cache_creation_input_tokens bigint,
            cache_creation struct<
                ephemeral_5m_input_tokens bigint,
                ephemeral_1h_input_tokens bigint
            >,
            output_tokens bigint
        >>,
        server_tool_use struct<web_search_requests bigint>,
        service_tier varchar,
        speed varchar,
        inference_geo varchar
    >
)
stored as json
location 'sample_data/formats/anthropic_message/';
