-- One row per day, workload, model, tier, size stratum and flags: everything that re-pricing needs.
--
-- version: 3
create external table workload_cube (
    workload_id varchar not null, -- workload; unattributed when nothing names one
    provider varchar not null, -- provider that bills, as the catalog names it; as logged when unknown
    sub_account_id varchar, -- provider account, project or workspace
    region_class varchar not null, -- class of the price: global, us or a region
    requested_model_id varchar, -- model that was asked for; as logged when unknown
    billed_model_id varchar, -- model that served; as logged when unknown
    service_tier varchar not null, -- standard, batch, flex, priority, provisioned, peak or off-peak
    input_stratum bigint, -- upper edge of the stratum of the prompt length; null when usage is missing
    has_tools boolean, -- tools were offered; null when the log does not say
    has_image boolean, -- image or document in the input
    has_audio boolean, -- audio
    has_schema boolean, -- strict structured output was asked for
    reasoning_effort varchar, -- effort that was asked for
    workload_source varchar not null, -- what named the workload: tag, prompt, app, key, template, shape or unattributed
    requests bigint not null, -- model call attempts
    logical_requests bigint not null, -- requests after retries are joined
    attempts bigint not null, -- sum of the attempt numbers that logs state
    errors bigint not null, -- attempts that failed
    gateway_cache_hits bigint not null, -- answered by the gateway, not billed
    cached_requests bigint, -- attempts that read from a cache or wrote into it; null on days that an earlier version counted
    unknown_model_requests bigint not null, -- attempts whose model is in no catalog
    unpriced_requests bigint not null, -- attempts with a bucket that has no price
    no_usage_requests bigint not null, -- attempts without usage
    server_tool_requests bigint not null, -- tool calls that the provider bills
    unpriced_tool_requests bigint not null, -- of them, calls that no row prices
    usage_input_uncached_tokens bigint not null, -- text input at the plain price, tokens
    usage_cache_read_tokens bigint not null, -- input read from the cache, tokens
    usage_cache_write_5m_tokens bigint not null, -- input written to the cache for minutes, tokens
    usage_cache_write_1h_tokens bigint not null, -- input written to the cache for an hour, tokens
    usage_input_audio_tokens bigint not null, -- audio input, tokens
    usage_input_image_tokens bigint not null, -- image input, tokens
    usage_output_visible_tokens bigint not null, -- visible output, tokens
    usage_output_reasoning_tokens bigint not null, -- reasoning, tokens
    usage_output_audio_tokens bigint not null, -- audio output, tokens
    usage_output_image_tokens bigint not null, -- image output, tokens
    cost_usd decimal(38,12) not null, -- list cost of the priced attempts; the others are counted, not zero
    tool_cost_usd decimal(38,12) not null, -- of it, calls of tools
    min_input_tokens bigint, -- shortest prompt
    max_input_tokens bigint, -- longest prompt
    min_output_tokens bigint, -- shortest output
    max_output_tokens bigint, -- longest output
    max_requested_tokens bigint, -- highest output limit that a caller set
    event_date date not null -- UTC day
)
stored as parquet
partitioned by (event_date)
location 'trimtab-out/state/workload_cube/';
