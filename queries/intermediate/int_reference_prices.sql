-- One row per model, tier, region and band: the prices of the last day before the decision window.
--
-- grain:  provider, model_id, service_tier, region_class, above_prompt_tokens
-- method: M 2.2 to 2.4 (one day's prices for both windows, so that what changed besides prices can be told apart)
select
    prices.* exclude (priced_on),
    -- A band ends where the next one of the same key begins.
    lead(prices.above_prompt_tokens) over (
        partition by prices.provider, prices.model_id, prices.service_tier, prices.region_class order by prices.above_prompt_tokens
    ) as upto_prompt_tokens
from int_prices_by_day as prices
cross join settings
where prices.priced_on = cast(settings.window_from - interval '1 day' as date)
