-- One row per model call attempt: workload formed, model resolved, price of its day applied (M 1.3, 2.1 to 2.4).
--
-- version: 3
create external table requests_priced (
    x_record_id varchar not null, -- identity of the call
    workload_id varchar not null, -- workload; unattributed when nothing names one
    provider varchar not null, -- provider that bills, as the catalog names it; as logged when unknown
    sub_account_id varchar, -- provider account, project or workspace
    region_class varchar not null, -- class of the price: global, us or a region
    requested_model_id varchar, -- model that was asked for; as logged when unknown
    billed_model_id varchar, -- model that served; as logged when unknown
    service_tier varchar not null, -- standard, batch, flex, priority, provisioned, peak or off-peak
    workload_source varchar not null, -- tag, prompt, app, key, template, shape or unattributed
    input_base_bucket bigint, -- bucket of the prompt length before cuts; null when usage is missing
    input_stratum bigint, -- upper edge of the stratum of the prompt length; null when usage is missing
    has_tools boolean, -- tools were offered; null when the log does not say
    has_image boolean, -- image or document in the input
    has_audio boolean, -- audio
    has_schema boolean, -- strict structured output was asked for
    reasoning_effort varchar, -- effort that was asked for
    price_status varchar not null, -- priced, free (gateway cache), error (no usage, not billed), unknown_model, unpriced or no_usage
    logical_request_id varchar, -- shared by the attempts of one request
    x_attempt bigint, -- number of the attempt, when logged
    started_at timestamp(6) with time zone, -- start of the call
    ended_at timestamp(6) with time zone, -- end of the call
    latency_ms bigint, -- latency
    environment varchar, -- as the log names it, such as prod or staging
    x_status varchar not null, -- ok, error, canceled, expired or unknown
    finish_reason varchar, -- stop, length, tool_calls, content_filter, refusal
    max_requested_tokens bigint, -- output limit that the caller set
    template_id varchar, -- fingerprint of the prompt template
    server_tool_requests bigint, -- tool calls that the provider bills
    is_gateway_cache_hit boolean not null, -- answered by the gateway: nothing was billed
    input_tokens bigint, -- whole prompt; null when usage is missing
    output_tokens bigint, -- whole output; null when usage is missing
    usage_input_uncached_tokens bigint, -- text input at the plain price
    usage_cache_read_tokens bigint, -- input read from the cache
    usage_cache_write_5m_tokens bigint, -- input written to the cache for minutes
    usage_cache_write_1h_tokens bigint, -- input written to the cache for an hour
    usage_input_audio_tokens bigint, -- audio input
    usage_input_image_tokens bigint, -- image input
    usage_output_visible_tokens bigint, -- visible output
    usage_output_reasoning_tokens bigint, -- reasoning
    usage_output_audio_tokens bigint, -- audio output
    usage_output_image_tokens bigint, -- image output
    source varchar not null, -- source in the run file whose row is kept
    source_format varchar not null, -- format that mapped it
    usage_semantics varchar, -- inclusive, exclusive_repaired, assumed or missing: how the source counts cached input
    cost_usd decimal(38,12), -- list price of the day times tokens and tool calls; null when it cannot be priced
    tool_cost_usd decimal(38,12), -- of it, calls of tools that are billed by the call; null when no row prices them
    event_date date not null -- UTC day of the call's end
)
stored as parquet
partitioned by (event_date)
location 'trimtab-out/state/requests_priced/';
