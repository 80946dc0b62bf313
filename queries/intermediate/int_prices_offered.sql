-- One row per model, wanted tier and region, band and stretch of the next twelve months: the prices that a call would pay.
--
-- grain:  provider, model_id, for_service_tier, for_region_class, above_prompt_tokens, first_month
-- method: M 2.2 to 2.4, 3 (edge cases: a tier that the model lacks is priced as standard, TIER_LOST); projections use
--         the price known for each future month, scheduled changes included
with used as (
    select distinct workload_cube.service_tier, workload_cube.region_class
    from workload_cube
    cross join settings
    where workload_cube.event_date >= settings.window_from and workload_cube.event_date < settings.run_date
),

-- What calls use today is what a candidate has to offer; the discounted tiers are what a lever may ask for.
wanted as (
    select service_tier as for_service_tier, region_class as for_region_class from used
    union all
    select distinct tiers.tier, used.region_class
    from used
    cross join (select 'batch' as tier union all select 'flex') as tiers
    where (tiers.tier, used.region_class) not in (select (service_tier, region_class) from used)
    union all
    -- Tuned copies and pools have tiers of their own, which no call uses before.
    select distinct prices.service_tier, used.region_class
    from used
    cross join int_prices_by_day as prices
    where prices.service_tier in ('tuned', 'self_hosted')
        and (prices.service_tier, used.region_class) not in (select (service_tier, region_class) from used)
),

bands as (
    select
        prices.*,
        -- Months from the run date: 0 is today.
        cast(12 * (date_part('year', prices.priced_on) - date_part('year', settings.run_date))
            + date_part('month', prices.priced_on) - date_part('month', settings.run_date) as bigint) as month_number,
        -- A band ends where the next one of the same key and month begins.
        lead(prices.above_prompt_tokens) over (
            partition by prices.provider, prices.model_id, prices.service_tier, prices.region_class, prices.priced_on
            order by prices.above_prompt_tokens
        ) as upto_prompt_tokens
    from int_prices_by_day as prices
    cross join settings
    where prices.priced_on >= settings.run_date
),

-- Months with equal prices are one stretch.
stretches as (
    select
        provider,
        model_id,
        service_tier,
        region_class,
        above_prompt_tokens,
        upto_prompt_tokens,
        usd_input, usd_cache_read, usd_cache_write_5m, usd_cache_write_1h, usd_input_audio, usd_input_image, usd_output, usd_reasoning, usd_output_audio, usd_output_image,
        count(*) as months,
        min(month_number) as first_month
    from bands
    group by
        provider, model_id, service_tier, region_class, above_prompt_tokens, upto_prompt_tokens,
        usd_input, usd_cache_read, usd_cache_write_5m, usd_cache_write_1h, usd_input_audio, usd_input_image, usd_output, usd_reasoning, usd_output_audio, usd_output_image
),

offers as (
    select distinct provider, model_id, service_tier, region_class from stretches where first_month = 0
),

ranked as (
    select
        offers.*,
        wanted.for_service_tier,
        wanted.for_region_class,
        -- The wanted tier and region, else standard, else the global price, else the first region by name.
        row_number() over (
            partition by offers.provider, offers.model_id, wanted.for_service_tier, wanted.for_region_class
            order by
                case when offers.service_tier = wanted.for_service_tier then 1 else 2 end,
                case
                    when offers.region_class = wanted.for_region_class then 1
                    when offers.region_class = 'global' then 2
                    else 3
                end,
                offers.region_class
        ) as place
    from offers
    cross join wanted
    -- No tier stands in for a tuned copy or a pool.
    where offers.service_tier in (wanted.for_service_tier, case when wanted.for_service_tier not in ('tuned', 'self_hosted') then 'standard' end)
)

select
    stretches.provider,
    stretches.model_id,
    ranked.for_service_tier,
    ranked.for_region_class,
    stretches.service_tier,
    stretches.region_class,
    stretches.above_prompt_tokens,
    stretches.upto_prompt_tokens,
    stretches.first_month,
    stretches.months,
    stretches.first_month = 0 as is_current,
    stretches.service_tier <> ranked.for_service_tier as is_tier_lost,
    stretches.usd_input,
    stretches.usd_cache_read,
    stretches.usd_cache_write_5m,
    stretches.usd_cache_write_1h,
    stretches.usd_input_audio,
    stretches.usd_input_image,
    stretches.usd_output,
    stretches.usd_reasoning,
    stretches.usd_output_audio,
    stretches.usd_output_image
from stretches
inner join ranked
    on ranked.provider = stretches.provider
    and ranked.model_id = stretches.model_id
    and ranked.service_tier = stretches.service_tier
    and ranked.region_class = stretches.region_class
where ranked.place = 1
