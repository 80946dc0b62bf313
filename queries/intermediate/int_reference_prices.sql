-- One row per model, tier, region and band: the prices of the last day before the decision window.
--
-- grain:  provider, model_id, service_tier, region_class, above_prompt_tokens
-- method: M 2.2 to 2.4 (one day's prices for both windows, so that what changed besides prices can be told apart)
with bands as (
    select
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
    cross join settings
    where model_prices.band_mode = 'whole_request'
        and model_prices.valid_from < settings.window_from
        and (model_prices.valid_to is null or settings.window_from <= model_prices.valid_to)
    group by
        model_prices.provider, model_prices.model_id, model_prices.service_tier, model_prices.region_class,
        model_prices.above_prompt_tokens
)

select
    *,
    -- A band ends where the next one of the same key begins.
    lead(above_prompt_tokens) over (
        partition by provider, model_id, service_tier, region_class order by above_prompt_tokens
    ) as upto_prompt_tokens
from bands
