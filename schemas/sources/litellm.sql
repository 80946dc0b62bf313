-- One LiteLLM StandardLoggingPayload: one call through the proxy, after its retries and fallbacks.
--
-- docs:          https://docs.litellm.ai/docs/proxy/logging_spec
-- status:        documented
-- recognised_by: call_type is not null and status in ('success', 'failure') and "startTime" > 1000000000
-- objects:       (^|/)\d{4}-\d{2}-\d{2}/[^/]+$|\.jsonl?(\.(gz|zst))?$
-- skip:          (^|/)audit_logs/
create external table litellm (
    id varchar not null, -- response id, else the call id; answers of the proxy's cache end in _cache_hit<epoch>
    litellm_call_id varchar,
    trace_id varchar,
    call_type varchar, -- acompletion, aembedding, aresponses, anthropic_messages, ...
    stream boolean, -- true or null
    cache_hit boolean, -- the proxy's own cache, not the provider's
    status varchar, -- success or failure
    custom_llm_provider varchar,
    model varchar, -- may be prefixed by the provider, such as bedrock/...
    model_group varchar, -- alias that the client asked for
    prompt_tokens bigint, -- 0 when unknown
    completion_tokens bigint, -- 0 when unknown
    "startTime" double not null, -- seconds since 1970
    "endTime" double,
    "completionStartTime" double,
    response_cost decimal(38,12), -- LiteLLM's own calculation, USD
    request_tags array<varchar>,
    end_user varchar,
    metadata struct<
        user_api_key_alias varchar,
        user_api_key_team_id varchar,
        user_api_key_team_alias varchar,
        user_api_key_end_user_id varchar,
        user_api_key_request_route varchar,
        requester_metadata map(varchar, varchar),
        spend_logs_metadata map(varchar, varchar),
        prompt_management_metadata struct<prompt_id varchar>,
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
                image_tokens bigint,
                web_search_requests bigint
            >,
            completion_tokens_details struct<
                reasoning_tokens bigint,
                audio_tokens bigint,
                image_tokens bigint
            >,
            server_tool_use struct<web_search_requests bigint>
        >
    >,
    messages json, -- list, object or a word of redaction: searched for kinds of content, never selected
    response json, -- object, {} or a word of redaction: searched for a few keys, never selected
    model_parameters struct<
        max_tokens bigint,
        max_completion_tokens bigint,
        max_output_tokens bigint,
        response_format json,
        text json, -- the format of the responses route
        tools json,
        tool_choice json,
        reasoning_effort json, -- text, or an object with effort
        reasoning json,
        service_tier varchar -- tier asked for
    >,
    hidden_params struct<batch_models json>,
    error_information struct<error_code varchar, error_class varchar>
)
stored as json
location 'sample_data/formats/litellm/';
