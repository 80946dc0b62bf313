-- One row of LiteLLM's table of spend logs, dumped as CSV, Parquet or JSON lines: one call through the proxy.
--
-- docs:          https://docs.litellm.ai/docs/proxy/cost_tracking
-- status:        documented
-- recognised_by: request_id is not null and call_type is not null and spend is not null and api_key is not null
-- objects:       \.(csv|parquet|jsonl?|ndjson)(\.(gz|zst))?$
-- skip:          (?i)daily_?[a-z]*_?spend
create external table litellm_spendlogs (
    request_id varchar not null, -- response id, else the call id; answers of the proxy's cache end in _cache_hit<epoch>
    litellm_call_id varchar, -- in some dumps only
    call_type varchar,
    api_key varchar, -- hash of the key
    spend decimal(38,12), -- LiteLLM's own calculation, USD; a float, often with an exponent
    prompt_tokens bigint, -- cached input included; 0 when unknown
    completion_tokens bigint, -- 0 when unknown
    "startTime" timestamp with time zone not null, -- UTC
    "endTime" timestamp with time zone,
    "completionStartTime" timestamp with time zone, -- first chunk, or the end of an answer that is no stream
    model varchar, -- may be prefixed by the provider, such as bedrock/...
    model_group varchar, -- alias that the client asked for
    custom_llm_provider varchar,
    metadata struct<
        status varchar,
        user_api_key_alias varchar,
        user_api_key_team_id varchar,
        user_api_key_team_alias varchar,
        spend_logs_metadata map(varchar, varchar),
        usage_object struct<
            prompt_tokens bigint,
            completion_tokens bigint,
            cache_read_input_tokens bigint,
            cache_creation_input_tokens bigint,
            prompt_tokens_details struct<
                cached_tokens bigint,
                cache_creation_tokens bigint,
                cache_write_tokens bigint,
                cache_creation_token_details struct<
                    ephemeral_5m_input_tokens bigint,
                    ephemeral_1h_input_tokens bigint
                >,
                audio_tokens bigint,
                image_tokens bigint
            >,
            completion_tokens_details struct<
                reasoning_tokens bigint,
                audio_tokens bigint,
                image_tokens bigint
            >,
            server_tool_use struct<web_search_requests bigint>
        >,
        additional_usage_values struct< -- the same details, of versions without usage_object
            cache_read_input_tokens bigint,
            cache_creation_input_tokens bigint,
            prompt_tokens_details struct<
                cached_tokens bigint,
                cache_creation_tokens bigint,
                cache_write_tokens bigint,
                cache_creation_token_details struct<
                    ephemeral_5m_input_tokens bigint,
                    ephemeral_1h_input_tokens bigint
                >,
                audio_tokens bigint,
                image_tokens bigint
            >,
            completion_tokens_details struct<
                reasoning_tokens bigint,
                audio_tokens bigint,
                image_tokens bigint
            >,
            server_tool_use struct<web_search_requests bigint>
        >,
        batch_models json,
        error_information struct<error_code varchar, error_class varchar>
    >,
    cache_hit varchar, -- the text True, False or None: the proxy's own cache, not the provider's
    request_tags array<varchar>,
    team_id varchar,
    end_user varchar,
    session_id varchar,
    status varchar, -- success or failure; newer versions only
    response json -- {} unless prompts are stored: searched for a few keys, never selected
)
stored as csv
location 'sample_data/formats/litellm_spendlogs/';
