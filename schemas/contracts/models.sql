-- One row per model of a provider: the facts that gates test. An empty cell is unknown, never no.
--
-- version: 1
-- key:     provider, model_id
create external table models (
    provider varchar not null, -- as in model_prices
    model_id varchar not null, -- as in model_prices
    family varchar, -- our grouping of a vendor's models
    context_window_tokens bigint, -- input and output together
    max_output_tokens bigint, -- longest output
    input_modalities varchar, -- text+image+audio+video+pdf
    output_modalities varchar, -- text, image, audio
    has_tools boolean, -- tool calling
    has_structured_output boolean, -- strict JSON schema output
    has_reasoning boolean, -- spends reasoning tokens
    is_open_weights boolean, -- weights can be had
    params_total_b decimal(18,6), -- billions of parameters, open models only
    params_active_b decimal(18,6), -- billions of active parameters
    released_on date, -- first public release
    retires_on date, -- first day on which this provider no longer serves it
    tokenizer_id varchar, -- models with one id split text alike; empty is unknown
    min_cacheable_tokens bigint, -- shortest prefix that the provider caches
    is_fine_tunable boolean, -- can be tuned on this provider
    is_served_tuned boolean, -- a tuned copy can be served on this provider
    reasoning_efforts varchar, -- a|b|c: efforts that the API takes
    regions varchar, -- a|b|c: regions or residency classes that serve it
    retention varchar, -- zero, days, or the provider's word for it
    languages varchar, -- a|b|c: documented languages
    licence varchar, -- licence of open weights
    replaced_by varchar, -- model that the provider names as replacement
    source_url varchar not null, -- where it was read
    checked_on date not null -- when it was read
)
stored as csv
location 'queries/seeds/models.csv';
