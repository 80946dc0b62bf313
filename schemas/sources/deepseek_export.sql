-- One row of the two CSV of DeepSeek's usage export: a counter of a key and model, or what a model cost that day.
--
-- docs:          https://api-docs.deepseek.com/quick_start/pricing
-- status:        unverified
-- recognised_by: model is not null and (amount is not null and type is not null and price is not null
--                or wallet_type is not null and cost is not null)
-- objects:       (^|/)(amount|cost)[^/]*\.csv(\.(gz|zst))?$
create external table deepseek_export (
    start_time_iso timestamp with time zone, -- days of the exporter's time zone, such as +08:00
    end_time_iso timestamp with time zone,
    utc_date varchar, -- files until mid-2026: 2026-07-01 or 20260701
    model varchar not null,
    api_key_name varchar, -- amount only; the masked key and the user beside it are not read
    type varchar, -- amount: input_cache_hit_tokens, input_cache_miss_tokens, output_tokens, request_count
    price varchar, -- amount: of one unit; empty for requests
    amount decimal(38,12),
    wallet_type varchar, -- cost: paid or granted
    cost decimal(38,12), -- 16 decimals
    currency varchar -- cost: CNY or USD
)
stored as csv
location 'sample_data/formats/deepseek_export/';
