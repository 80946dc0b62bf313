-- One row per model in use, tier and region: what cached tokens and the tier cost of the plain price, as they cost today.
--
-- grain:  provider, model_id, service_tier, region_class
-- method: M 2.2, 3.2 (who only compares price tables takes for granted that these shares move with the workload)
with used as (
    select distinct provider, billed_model_id as model_id, service_tier, region_class
    from int_cells
    where billed_model_id is not null
),

priced as (
    select
        used.*,
        own.usd_input,
        own.usd_cache_read,
        own.usd_cache_write_5m,
        coalesce(own.usd_cache_write_1h, own.usd_cache_write_5m) as usd_cache_write_1h,
        plain.usd_input as plain_usd_input
    from used
    left join int_reference_prices as own
        on own.provider = used.provider and own.model_id = used.model_id and own.service_tier = used.service_tier
        and own.region_class = used.region_class and own.above_prompt_tokens = 0
    left join int_reference_prices as plain
        on plain.provider = used.provider and plain.model_id = used.model_id and plain.service_tier = 'standard'
        and plain.region_class = used.region_class and plain.above_prompt_tokens = 0
)

select
    provider,
    model_id,
    service_tier,
    region_class,
    coalesce(cast(usd_cache_read as double) / cast(nullif(usd_input, 0) as double), 1.0) as read_share,
    coalesce(cast(usd_cache_write_5m as double) / cast(nullif(usd_input, 0) as double), 1.0) as write_5m_share,
    coalesce(cast(usd_cache_write_1h as double) / cast(nullif(usd_input, 0) as double), 1.0) as write_1h_share,
    coalesce(cast(usd_input as double) / cast(nullif(plain_usd_input, 0) as double), 1.0) as tier_share
from priced
