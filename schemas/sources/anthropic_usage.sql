-- One page of Anthropic's usage report for messages, as somebody saved it: counts by time bucket, without money.
--
-- docs:          https://docs.anthropic.com/en/api/admin-api/usage-cost/get-messages-usage-report
-- status:        documented
-- recognised_by: array_any_match(data, b -> b['results'][1]['uncached_input_tokens'] is not null)
-- objects:       \.(json|jsonl|ndjson)(\.(gz|zst))?$
create external table anthropic_usage (
    data array<struct<
        starting_at timestamp with time zone, -- inclusive
        ending_at timestamp with time zone, -- exclusive
        results array<struct<
            uncached_input_tokens bigint, -- without reads and writes
            cache_creation struct<
                ephemeral_5m_input_tokens bigint,
                ephemeral_1h_input_tokens bigint
            >,
            cache_read_input_tokens bigint,
            output_tokens bigint, -- thinking included
            server_tool_use struct<web_search_requests bigint>,
            model varchar, -- this and what follows: null unless the pull grouped by it
            api_key_id varchar, -- grouped and null: the Console's playground
            workspace_id varchar, -- grouped and null: the default workspace
            service_tier varchar, -- standard, batch, priority, ...
            inference_geo varchar -- `us` and `global` have prices of their own
        >>
    >> not null
)
stored as json
location 'sample_data/formats/anthropic_usage/';
