-- One row per day, provider, account, model and tier: list cost of what was logged.
--
-- version: 2
-- window:  62 days
-- grain:   event_date, provider, sub_account_id, billed_model_id, service_tier, region_class
create external table spend_by_model (
    event_date date not null, -- UTC day of the calls' end
    provider varchar not null, -- provider that bills
    sub_account_id varchar, -- provider account, project or workspace
    billed_model_id varchar, -- model that served; as logged when it is in no catalog
    service_tier varchar not null, -- standard, batch, flex, priority, provisioned, peak or off-peak
    region_class varchar not null, -- class of the price
    requests bigint not null, -- attempts
    errors bigint not null, -- failed attempts
    unknown_model_requests bigint not null, -- attempts of models in no catalog
    unpriced_requests bigint not null, -- attempts with a bucket that has no price
    no_usage_requests bigint not null, -- attempts without usage
    rerouted_requests bigint not null, -- attempts that another model answered than the one asked for; priced by the one that answered
    unpriced_tool_requests bigint not null, -- calls of tools that no row prices: not in cost_usd
    input_tokens bigint not null, -- billed input tokens
    cache_read_tokens bigint not null, -- of them read from the cache
    output_tokens bigint not null, -- billed output tokens
    reasoning_tokens bigint not null, -- of them reasoning
    cost_usd decimal(38,12), -- list cost of the priced calls; null when none has a price
    price_status varchar not null -- priced, no_usage, unpriced or unknown_model: the worst of the row
)
stored as parquet
location 'trimtab-out/spend_by_model/';
