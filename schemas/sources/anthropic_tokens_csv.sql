-- One row of the token CSV of Anthropic's Console: the usage of one key and model on one day.
--
-- docs:          https://support.anthropic.com/en/articles/9534590-cost-and-usage-reporting-in-console
-- status:        unverified
-- recognised_by: usage_date_utc is not null and usage_output_tokens is not null
-- objects:       \.csv(\.(gz|zst))?$
-- skip:          (^|/)[^/]*_costs?_[^/]*\.csv(\.(gz|zst))?$
create external table anthropic_tokens_csv (
    usage_date_utc date not null,
    model_version varchar, -- dated or bare id
    api_key varchar, -- name of the key: neither unique nor fixed
    workspace varchar, -- name
    usage_type varchar, -- standard or batch
    usage_input_tokens_no_cache bigint not null,
    usage_input_tokens_cache_write bigint, -- older files: both lifetimes
    usage_input_tokens_cache_write_5m bigint,
    usage_input_tokens_cache_write_1h bigint,
    usage_input_tokens_cache_read bigint,
    usage_output_tokens bigint not null, -- thinking included
    web_search_count bigint,
    inference_geo varchar
)
stored as csv
location 'sample_data/formats/anthropic_tokens_csv/';
