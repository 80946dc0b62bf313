-- One row per workload: what it spent, used and demands.
--
-- version: 3
-- window:  28 days
-- grain:   workload_id
create external table workloads (
    workload_id varchar not null, -- workload
    workload_source varchar not null, -- what named it: tag, prompt, app, key, template, shape or unattributed
    owner varchar, -- team or person in charge
    criticality varchar not null, -- low, medium or high
    main_provider varchar, -- provider of the model that costs most
    main_model_id varchar, -- model that costs most
    requests bigint not null, -- attempts
    logical_requests bigint not null, -- requests after retries are joined
    errors bigint not null, -- failed attempts
    gateway_cache_hits bigint not null, -- answered by the gateway, not billed
    unknown_model_requests bigint not null, -- attempts of models in no catalog
    unpriced_requests bigint not null, -- attempts with a bucket that has no price
    no_usage_requests bigint not null, -- attempts without usage
    input_tokens bigint not null, -- billed input tokens, cached ones included
    cache_read_tokens bigint not null, -- of them read from the cache
    output_tokens bigint not null, -- billed output tokens
    reasoning_tokens bigint not null, -- of them reasoning, where the log says so
    cost_usd decimal(38,12), -- list cost of the priced calls; null when none has a price
    monthly_cost_usd decimal(18,2), -- the same as a month of 365/12 days
    input_tokens_p50 bigint, -- prompt length, p50, upper edge of its size bucket
    input_tokens_p95 bigint, -- prompt length, p95, upper edge of its size bucket
    input_tokens_p99 bigint, -- prompt length, p99, upper edge of its size bucket
    input_tokens_p999 bigint, -- prompt length, p999, upper edge of its size bucket
    input_tokens_max bigint, -- longest prompt, exact
    output_tokens_p50 bigint, -- output length, p50, upper edge of its size bucket
    output_tokens_p95 bigint, -- output length, p95, upper edge of its size bucket
    output_tokens_p99 bigint, -- output length, p99, upper edge of its size bucket
    output_tokens_p999 bigint, -- output length, p999, upper edge of its size bucket
    output_tokens_max bigint, -- longest output, exact
    latency_ms_p95 bigint, -- 95th percentile of latency, milliseconds
    tools_requests bigint not null, -- attempts that offered tools
    schema_requests bigint not null, -- attempts that asked for strict structured output
    image_requests bigint not null, -- attempts with an image or document
    audio_requests bigint not null, -- attempts with audio
    active_days bigint not null, -- days with calls
    previous_logical_requests bigint not null, -- requests in the 28 days before the window
    first_event_date date not null, -- first day seen
    last_event_date date not null, -- last day seen
    spend_rank bigint not null, -- place by spend, 1 is the largest; the first five are the ones to know
    is_in_k80 boolean not null, -- one of the fewest workloads that hold 80 % of the spend
    is_frequent boolean not null, -- one of the fewest workloads that hold 80 % of the requests
    is_dear boolean not null, -- a request costs more than the mean request of all workloads
    quadrant varchar not null, -- fix first (frequent and dear); batch, cache, pool (frequent); keep the heavy model, trim and cache (dear); leave
    readiness_points bigint not null, -- 0 to 4: model in the configuration, evaluation set, versioned prompts, flag for the way back
    static_tokens bigint, -- tokens that open every prompt unchanged; null when nothing tells
    static_source varchar, -- how that is known: owner, cached_prefix, or shortest_prompt (no more than that)
    repeated_spend_share double -- share of the cost that repeated instructions take, from the cache or plain; an upper bound where static_source is shortest_prompt
)
stored as parquet
location 'trimtab-out/workloads/';
