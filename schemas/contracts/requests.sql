-- One row per model call attempt, whatever log it came from.
--
-- version:  1
-- day:      x_end_time | x_start_time
-- identity: gen_ai_response_id | gen_ai_provider_name + x_request_id | x_natural_key | x_object_key + x_line
-- usage:    gen_ai_usage_input_tokens, gen_ai_usage_output_tokens
-- reject:   BAD_USAGE: cached, audio and image tokens are more than the input when usage_input_uncached_tokens < 0;
--           BAD_USAGE: reasoning, audio and image tokens are more than the output when usage_output_visible_tokens < 0;
--           BAD_USAGE: a count is negative when least(coalesce(usage_input_uncached_tokens, 0), coalesce(usage_cache_read_tokens, 0), coalesce(usage_cache_write_5m_tokens, 0),
--           coalesce(usage_cache_write_1h_tokens, 0), coalesce(usage_input_audio_tokens, 0), coalesce(usage_input_image_tokens, 0),
--           coalesce(usage_output_visible_tokens, 0), coalesce(usage_output_reasoning_tokens, 0), coalesce(usage_output_audio_tokens, 0),
--           coalesce(usage_output_image_tokens, 0), coalesce(gen_ai_usage_input_tokens, 0), coalesce(gen_ai_usage_output_tokens, 0)) < 0;
--           BAD_USAGE: input buckets do not add up to the input when gen_ai_usage_input_tokens <> coalesce(usage_input_uncached_tokens, 0) + coalesce(usage_cache_read_tokens, 0)
--           + coalesce(usage_cache_write_5m_tokens, 0) + coalesce(usage_cache_write_1h_tokens, 0) + coalesce(usage_input_audio_tokens, 0)
--           + coalesce(usage_input_image_tokens, 0);
--           BAD_USAGE: output buckets do not add up to the output when gen_ai_usage_output_tokens <> coalesce(usage_output_visible_tokens, 0) + coalesce(usage_output_reasoning_tokens, 0)
--           + coalesce(usage_output_audio_tokens, 0) + coalesce(usage_output_image_tokens, 0);
--           BAD_USAGE: over two thousand million tokens when greatest(coalesce(gen_ai_usage_input_tokens, 0), coalesce(gen_ai_usage_output_tokens, 0),
--           coalesce(usage_input_uncached_tokens, 0), coalesce(usage_cache_read_tokens, 0), coalesce(usage_cache_write_5m_tokens, 0),
--           coalesce(usage_cache_write_1h_tokens, 0), coalesce(usage_input_audio_tokens, 0), coalesce(usage_input_image_tokens, 0),
--           coalesce(usage_output_visible_tokens, 0), coalesce(usage_output_reasoning_tokens, 0), coalesce(usage_output_audio_tokens, 0),
--           coalesce(usage_output_image_tokens, 0)) > 2000000000;
--           BAD_TIME: ends before it starts when x_end_time < x_start_time
-- filled:   x_source, x_source_format, x_record_id, x_source_rank, x_repeats, event_date
create external table requests (
    x_record_id varchar not null, -- identity of the call: 32 hex digits of the hash of its first known id
    x_source varchar not null, -- name of the source in the run file
    x_source_format varchar not null, -- name of the format that mapped it
    x_source_rank bigint not null, -- place of the source in the run file; the lower one is kept when a call is repeated
    x_object_key varchar not null, -- object that held the record
    x_line bigint not null, -- line or row number inside the object, from 1
    x_repeats bigint not null, -- further rows of the same call that were folded into this one
    x_natural_key varchar, -- the format's own unique key when no response id or request id exists
    x_start_time timestamp(6) with time zone, -- start of the call, UTC
    x_end_time timestamp(6) with time zone, -- end of the call, UTC; null when the log does not say
    x_time_precision varchar, -- us, ms, s or object (time of the object)
    x_duration_ms bigint, -- latency as the log's writer saw it, milliseconds
    x_time_to_first_chunk_ms bigint, -- latency to the first streamed chunk, milliseconds
    gen_ai_operation_name varchar, -- chat, text_completion, generate_content, embeddings, image
    gen_ai_provider_name varchar, -- who served and bills the call, as logged; resolved by provider_names.csv
    gen_ai_request_model varchar, -- model exactly as asked (alias, ARN, deployment)
    gen_ai_response_model varchar, -- model as served
    gen_ai_response_id varchar, -- the provider's response id
    x_request_id varchar, -- the log's own request id
    x_trace_id varchar, -- groups the calls of one task
    gen_ai_conversation_id varchar, -- groups the calls of one conversation
    gen_ai_usage_input_tokens bigint, -- all input tokens, cache reads and writes included; null when not stated
    gen_ai_usage_output_tokens bigint, -- all output tokens, reasoning included; null when not stated
    usage_input_uncached_tokens bigint, -- text input billed at the plain input price
    usage_cache_read_tokens bigint, -- input read from the provider's prompt cache
    usage_cache_write_5m_tokens bigint, -- input written to the provider's cache for minutes
    usage_cache_write_1h_tokens bigint, -- input written to the provider's cache for an hour
    usage_input_audio_tokens bigint, -- audio input
    usage_input_image_tokens bigint, -- image input
    usage_output_visible_tokens bigint, -- output text that the caller sees
    usage_output_reasoning_tokens bigint, -- output spent on reasoning
    usage_output_audio_tokens bigint, -- audio output
    usage_output_image_tokens bigint, -- image output
    x_usage_semantics varchar, -- inclusive, exclusive_repaired, assumed or missing: how the source counts cached input
    x_server_tool_requests bigint, -- calls of tools that the provider bills per call
    x_status varchar not null, -- ok, error, canceled, expired or unknown
    error_type varchar, -- error class when x_status is error
    http_response_status_code bigint, -- HTTP status when logged
    gen_ai_response_finish_reason varchar, -- stop, length, tool_calls, content_filter, refusal or other
    x_attempt bigint, -- number of the attempt when the log counts them
    x_logical_request_id varchar, -- shared by retries and escalations of one request
    gen_ai_request_stream boolean, -- the answer was streamed
    gen_ai_request_max_tokens bigint, -- output limit that the caller asked for
    x_response_format varchar, -- text, json_object, json_schema or forced_tool
    x_has_tools boolean, -- tools were offered
    x_has_image boolean, -- the input held an image or a document
    x_has_audio boolean, -- the input or output held audio
    x_reasoning_effort varchar, -- reasoning effort that the caller asked for
    x_service_tier varchar, -- standard, batch, flex, priority or provisioned; null is standard
    x_gateway_cache_hit boolean, -- answered by the gateway's own cache: nothing was billed
    x_workload_tag varchar, -- explicit workload or feature tag
    gen_ai_prompt_name varchar, -- name of the prompt in a prompt store
    x_prompt_version varchar, -- version of that prompt
    x_app varchar, -- application or service that called
    x_api_key_alias varchar, -- name of the API key
    x_template_id varchar, -- fingerprint of the prompt template (M 1.4)
    x_endpoint varchar, -- route of the call
    x_environment varchar, -- prod, staging, dev
    x_team varchar, -- team that the log names
    user_id varchar, -- end user as the log names them
    sub_account_id varchar, -- provider account, project or workspace
    region_id varchar, -- region that served the call
    tags varchar, -- JSON object of further tags, as FOCUS has them
    x_reported_cost_usd decimal(38,12), -- cost that the log states; shown, never trusted
    event_date date not null -- UTC day of the call's end
)
stored as parquet
partitioned by (event_date)
location 'trimtab-out/state/requests/';
