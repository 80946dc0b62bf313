-- One row per day that is asked for, model, tier, region and band: what a token costs, listed, mixed, planned or in a pool.
--
-- grain:  priced_on, provider, model_id, service_tier, region_class, above_prompt_tokens
-- method: M 2.2 to 2.4 (prices are rows; each day has its own), 1.1 (routers), 4.1 (P-06), 6.8 (pools)
select * from int_listed_prices
union all
select * from int_router_prices
union all
-- A tuned copy that nobody prices is planned, where the run file allows it.
select
    listed.priced_on, listed.provider, listed.model_id, 'tuned', listed.region_class, listed.above_prompt_tokens,
    cast(usd_input * planned.uplift as decimal(18, 6)), cast(usd_cache_read * planned.uplift as decimal(18, 6)),
    cast(usd_cache_write_5m * planned.uplift as decimal(18, 6)), cast(usd_cache_write_1h * planned.uplift as decimal(18, 6)),
    cast(usd_input_audio * planned.uplift as decimal(18, 6)), cast(usd_input_image * planned.uplift as decimal(18, 6)),
    cast(usd_output * planned.uplift as decimal(18, 6)), cast(usd_reasoning * planned.uplift as decimal(18, 6)),
    cast(usd_output_audio * planned.uplift as decimal(18, 6)), cast(usd_output_image * planned.uplift as decimal(18, 6))
from int_listed_prices as listed
inner join int_planned_prices as planned on planned.provider = listed.provider and planned.model_id = listed.model_id
where listed.service_tier in ('standard')
union all
-- A pool asks nothing for a token: what it costs stands beside.
select
    days.priced_on, gpu_pools.provider, gpu_pools.model_id, 'self_hosted', 'global', cast(0 as bigint),
    cast(0 as decimal(18, 6)), cast(0 as decimal(18, 6)), cast(0 as decimal(18, 6)), cast(0 as decimal(18, 6)), cast(0 as decimal(18, 6)),
    cast(0 as decimal(18, 6)), cast(0 as decimal(18, 6)), cast(0 as decimal(18, 6)), cast(0 as decimal(18, 6)), cast(0 as decimal(18, 6))
from gpu_pools
cross join (select distinct priced_on from int_listed_prices) as days
