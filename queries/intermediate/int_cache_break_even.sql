-- One row per model, tier, region and band that has a price of cached input: what a prefix costs, and the hit share that pays.
--
-- grain:  provider, model_id, service_tier, region_class, above_prompt_tokens
-- method: M 3.6 (a prefix costs h * read + (1 - h) * write; it pays when h > (write - in) / (write - read)), 2.4
-- A list without a price of writing takes a prefix as plain input when it is new: it pays from the first hit on.
with written as (
    select prices.*, coalesce(prices.usd_cache_write_5m, prices.usd_input) as usd_first_5m
    from int_prices_by_day as prices
    cross join settings
    where prices.priced_on = settings.run_date and prices.usd_input is not null and prices.usd_cache_read is not null
)

select
    provider,
    model_id,
    service_tier,
    region_class,
    above_prompt_tokens,
    usd_input,
    usd_cache_read,
    usd_cache_write_5m,
    usd_cache_write_1h,
    -- A read that is no cheaper than the write never pays.
    case
        when usd_first_5m > usd_cache_read
            then greatest(cast(usd_first_5m - usd_input as double), 0.0) / cast(usd_first_5m - usd_cache_read as double)
    end as break_even_5m_share,
    case
        when usd_cache_write_1h > usd_cache_read
            then greatest(cast(usd_cache_write_1h - usd_input as double), 0.0) / cast(usd_cache_write_1h - usd_cache_read as double)
    end as break_even_1h_share
from written
