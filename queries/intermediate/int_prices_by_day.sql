-- One row per day that is asked for, model, tier, region and band: the price list of that day with its buckets side by side.
--
-- grain:  priced_on, provider, model_id, service_tier, region_class, above_prompt_tokens
-- method: M 2.2 to 2.4 (prices are rows; each day has its own), 1.1 (a router is priced by the models that are billed), 4.1 (P-06)
-- The days are the run date and the same day of the eleven months after it, and the last day before the decision window.
with days as (
    select
        cast(unnest(generate_series(settings.run_date, cast(settings.run_date + interval '11 months' as date), interval '1 month')) as date)
            as priced_on
    from settings
    union all
    select cast(window_from - interval '1 day' as date) from settings
),

listed as (
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
),

-- Of bands the dearest: who sends a long prompt through a router does not choose the model.
dearest as (
    select
        priced_on, provider, model_id, service_tier, region_class,
        max(usd_input) as usd_input, max(usd_cache_read) as usd_cache_read, max(usd_cache_write_5m) as usd_cache_write_5m,
        max(usd_cache_write_1h) as usd_cache_write_1h, max(usd_input_audio) as usd_input_audio, max(usd_input_image) as usd_input_image,
        max(usd_output) as usd_output, max(usd_reasoning) as usd_reasoning, max(usd_output_audio) as usd_output_audio, max(usd_output_image) as usd_output_image
    from listed
    group by priced_on, provider, model_id, service_tier, region_class
)

select * from listed
union all
-- A router costs what the models cost that it is billed as; a bucket that one of them has no price for has none.
select
    dearest.priced_on, dearest.provider, routers.router_id, dearest.service_tier, dearest.region_class, cast(0 as bigint),
    case when count(usd_input) = count(*) then cast(sum(usd_input * routers.input_share) as decimal(18, 6)) end,
    case when count(usd_cache_read) = count(*) then cast(sum(usd_cache_read * routers.input_share) as decimal(18, 6)) end,
    case when count(usd_cache_write_5m) = count(*) then cast(sum(usd_cache_write_5m * routers.input_share) as decimal(18, 6)) end,
    case when count(usd_cache_write_1h) = count(*) then cast(sum(usd_cache_write_1h * routers.input_share) as decimal(18, 6)) end,
    case when count(usd_input_audio) = count(*) then cast(sum(usd_input_audio * routers.input_share) as decimal(18, 6)) end,
    case when count(usd_input_image) = count(*) then cast(sum(usd_input_image * routers.input_share) as decimal(18, 6)) end,
    case when count(usd_output) = count(*) then cast(sum(usd_output * routers.output_share) as decimal(18, 6)) end,
    case when count(usd_reasoning) = count(*) then cast(sum(usd_reasoning * routers.output_share) as decimal(18, 6)) end,
    case when count(usd_output_audio) = count(*) then cast(sum(usd_output_audio * routers.output_share) as decimal(18, 6)) end,
    case when count(usd_output_image) = count(*) then cast(sum(usd_output_image * routers.output_share) as decimal(18, 6)) end
from int_routers as routers
inner join dearest on dearest.provider = routers.provider and dearest.model_id = routers.model_id
inner join (select provider, router_id, count(*) as models from int_routers group by provider, router_id) as sizes
    on sizes.provider = routers.provider and sizes.router_id = routers.router_id
group by dearest.priced_on, dearest.provider, routers.router_id, dearest.service_tier, dearest.region_class, sizes.models
having count(*) = sizes.models
union all
-- A tuned copy that nobody prices is planned, where the run file allows it.
select
    listed.priced_on, listed.provider, listed.model_id, 'tuned', listed.region_class, listed.above_prompt_tokens,
    cast(usd_input * planned.uplift as decimal(18, 6)), cast(usd_cache_read * planned.uplift as decimal(18, 6)),
    cast(usd_cache_write_5m * planned.uplift as decimal(18, 6)), cast(usd_cache_write_1h * planned.uplift as decimal(18, 6)),
    cast(usd_input_audio * planned.uplift as decimal(18, 6)), cast(usd_input_image * planned.uplift as decimal(18, 6)),
    cast(usd_output * planned.uplift as decimal(18, 6)), cast(usd_reasoning * planned.uplift as decimal(18, 6)),
    cast(usd_output_audio * planned.uplift as decimal(18, 6)), cast(usd_output_image * planned.uplift as decimal(18, 6))
from listed
inner join int_planned_prices as planned on planned.provider = listed.provider and planned.model_id = listed.model_id
where listed.service_tier in ('standard')
union all
-- A pool asks nothing for a token: what it costs stands beside.
select
    days.priced_on, gpu_pools.provider, gpu_pools.model_id, 'self_hosted', 'global', cast(0 as bigint),
    cast(0 as decimal(18, 6)), cast(0 as decimal(18, 6)), cast(0 as decimal(18, 6)), cast(0 as decimal(18, 6)), cast(0 as decimal(18, 6)),
    cast(0 as decimal(18, 6)), cast(0 as decimal(18, 6)), cast(0 as decimal(18, 6)), cast(0 as decimal(18, 6)), cast(0 as decimal(18, 6))
from gpu_pools
cross join days
