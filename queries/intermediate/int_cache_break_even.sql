-- One row per model, tier, region and band that has a price of cached input: what a prefix costs, and the hit share that pays.
--
-- grain:  provider, model_id, service_tier, region_class, above_prompt_tokens
-- method: M 3.6 (a prefix costs h * read + (1 - h) * write; it pays when h > (write - in) / (write - read)), 2.4
with today as (
    select
        model_prices.provider,
        model_prices.model_id,
        model_prices.service_tier,
        model_prices.region_class,
        model_prices.above_prompt_tokens,
        max(case when model_prices.bucket = 'input' then model_prices.usd_per_mtok end) as usd_input,
        max(case when model_prices.bucket = 'cache_read' then model_prices.usd_per_mtok end) as usd_cache_read,
        max(case when model_prices.bucket = 'cache_write_5m' then model_prices.usd_per_mtok end) as usd_cache_write_5m,
        max(case when model_prices.bucket = 'cache_write_1h' then model_prices.usd_per_mtok end) as usd_cache_write_1h
    from model_prices
    cross join settings
    where model_prices.band_mode = 'whole_request'
        and model_prices.valid_from <= settings.run_date
        and (model_prices.valid_to is null or settings.run_date < model_prices.valid_to)
    group by
        model_prices.provider, model_prices.model_id, model_prices.service_tier, model_prices.region_class,
        model_prices.above_prompt_tokens
),

-- A list without a price of writing takes a prefix as plain input when it is new: it pays from the first hit on.
written as (
    select *, coalesce(usd_cache_write_5m, usd_input) as usd_first_5m
    from today
    where usd_input is not null and usd_cache_read is not null
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
