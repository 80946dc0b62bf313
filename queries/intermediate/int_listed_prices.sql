-- One row per day that is asked for, model, tier, region and band: the price list of that day with its buckets side by side.
--
-- grain:  priced_on, provider, model_id, service_tier, region_class, above_prompt_tokens
-- method: M 2.2 to 2.4 (prices are rows; each day has its own)
-- The days are the run date and the same day of the eleven months after it, and the last day before the decision window.
with days as (
    select
        cast(unnest(generate_series(settings.run_date, cast(settings.run_date + interval '11 months' as date), interval '1 month')) as date)
            as priced_on
    from settings
    union all
    select cast(window_from - interval '1 day' as date) from settings
)

select
    days.priced_on,
    model_prices.provider,
    model_prices.model_id,
    model_prices.service_tier,
    model_prices.region_class,
    model_prices.above_prompt_tokens,
    max(case when model_prices.bucket = 'input' then model_prices.usd_per_mtok end) as usd_input,
    max(case when model_prices.bucket = 'cache_read' then model_prices.usd_per_mtok end) as usd_cache_read,
    max(case when model_prices.bucket = 'cache_write_5m' then model_prices.usd_per_mtok end) as usd_cache_write_5m,
    max(case when model_prices.bucket = 'cache_write_1h' then model_prices.usd_per_mtok end) as usd_cache_write_1h,
    max(case when model_prices.bucket = 'input_audio' then model_prices.usd_per_mtok end) as usd_input_audio,
    max(case when model_prices.bucket = 'input_image' then model_prices.usd_per_mtok end) as usd_input_image,
    max(case when model_prices.bucket = 'output' then model_prices.usd_per_mtok end) as usd_output,
    max(case when model_prices.bucket = 'reasoning' then model_prices.usd_per_mtok end) as usd_reasoning,
    max(case when model_prices.bucket = 'output_audio' then model_prices.usd_per_mtok end) as usd_output_audio,
    max(case when model_prices.bucket = 'output_image' then model_prices.usd_per_mtok end) as usd_output_image
from model_prices
inner join days
    on model_prices.valid_from <= days.priced_on
    and (model_prices.valid_to is null or days.priced_on < model_prices.valid_to)
where model_prices.band_mode = 'whole_request'
group by
    days.priced_on, model_prices.provider, model_prices.model_id, model_prices.service_tier, model_prices.region_class,
    model_prices.above_prompt_tokens
