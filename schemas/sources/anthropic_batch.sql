-- One result of an Anthropic message batch.
--
-- docs:          https://docs.anthropic.com/en/api/retrieving-message-batch-results
-- status:        documented
-- recognised_by: custom_id is not null and result['type'] in ('succeeded', 'errored', 'canceled', 'expired')
-- objects:       \.(jsonl|ndjson|json)(\.(gz|zst))?$
create external table anthropic_batch (
    custom_id varchar, -- the caller's own id, unique in its batch only
    result struct<
        type varchar, -- succeeded, errored, canceled or expired
        error struct<type varchar, error struct<type varchar>, request_id varchar>,
        message struct<
            id varchar,
            model varchar,
            stop_reason varchar,
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
        >
    >
)
stored as json
location 'sample_data/formats/anthropic_batch/';
