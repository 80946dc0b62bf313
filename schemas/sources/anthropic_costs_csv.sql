-- One row of the cost CSV of Anthropic's Console: what one key paid for one kind of token on one day.
--
-- docs:          https://support.anthropic.com/en/articles/9534590-cost-and-usage-reporting-in-console
-- status:        unverified
-- recognised_by: usage_date_utc is not null and cost_usd is not null
-- objects:       \.csv(\.(gz|zst))?$
-- skip:          (^|/)[^/]*_tokens_[^/]*\.csv(\.(gz|zst))?$
create external table anthropic_costs_csv (
    usage_date_utc date not null,
    model varchar, -- display name, such as Claude Opus 4.8
    workspace varchar, -- name
    api_key varchar, -- name of the key: neither unique nor fixed
    usage_type varchar, -- message or batch
    token_type varchar,
    cost_usd decimal(38,12) not null, -- rounded to cents
    list_price_usd decimal(38,12),
    cost_type varchar,
    inference_geo varchar,
    api_key_id varchar -- newer files
)
stored as csv
location 'sample_data/formats/anthropic_costs_csv/';
