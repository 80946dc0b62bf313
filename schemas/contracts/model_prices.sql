-- One row per price: provider, model, bucket, tier, region class, band and start.
--
-- version: 1
-- key:     provider, model_id, bucket, service_tier, region_class, above_prompt_tokens
-- values:  bucket = input | cache_read | cache_write_5m | cache_write_1h | input_audio | input_image | output | reasoning
--          | output_audio | output_image | tool_call; service_tier = standard | batch | flex | priority | provisioned | peak | off-peak | tuned;
--          band_mode = whole_request | marginal
create external table model_prices (
    provider varchar not null, -- who bills, OpenTelemetry GenAI provider names where they exist
    model_id varchar not null, -- id as sent in a request to that provider, without region prefix
    bucket varchar not null, -- input, cache_read, cache_write_5m, cache_write_1h, input_audio, input_image, output, reasoning, output_audio, output_image, tool_call
    service_tier varchar not null, -- standard, batch, flex, priority, provisioned, peak, off-peak, or tuned: a tuned copy of the model
    region_class varchar not null, -- global, us, a region, or the provider's own class
    above_prompt_tokens bigint not null, -- the row holds for prompts longer than this; 0 is the base band
    band_mode varchar not null, -- whole_request or marginal (M 2.3)
    usd_per_mtok decimal(18,6) not null, -- list price, USD per million tokens; of tool_call, per million calls
    valid_from date not null, -- first UTC day of the price
    valid_to date, -- first UTC day after it, only for an announced end
    is_derived boolean not null, -- computed from a published multiplier, not read from a price list
    source_url varchar not null, -- where it was read
    checked_on date not null -- when it was read
)
stored as csv
location 'queries/seeds/model_prices.csv';
