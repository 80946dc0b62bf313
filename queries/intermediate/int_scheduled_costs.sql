-- One row per model in use and day within 60 days on which one of its prices changes: the window's traffic before and after.
--
-- grain:  provider, model_id, changes_on
-- method: M 2.4 (the row valid on the day), 2.3
with ends as (
    select provider, model_id, valid_from as changes_on from model_prices
    union all
    select provider, model_id, valid_to from model_prices where valid_to is not null
),

changes as (
    select distinct ends.provider, ends.model_id, ends.changes_on
    from ends
    cross join settings
    where ends.changes_on > settings.run_date and ends.changes_on <= cast(settings.run_date + interval '60 days' as date)
),

days as (
    select changes.provider, changes.model_id, changes.changes_on, false as is_after, settings.run_date as price_date
    from changes
    cross join settings
    union all
    select provider, model_id, changes_on, true, changes_on as price_date from changes
),

used as (
    select
        days.changes_on,
        days.is_after,
        cells.provider,
        cells.billed_model_id as model_id,
        cells.requests,
        prices.bucket,
        case prices.bucket
            when 'input' then cells.usage_input_uncached_tokens
            when 'cache_read' then cells.usage_cache_read_tokens
            when 'cache_write_5m' then cells.usage_cache_write_5m_tokens
            when 'cache_write_1h' then cells.usage_cache_write_1h_tokens
            when 'input_audio' then cells.usage_input_audio_tokens
            when 'input_image' then cells.usage_input_image_tokens
            when 'output' then cells.usage_output_visible_tokens
            when 'reasoning' then cells.usage_output_reasoning_tokens
            when 'output_audio' then cells.usage_output_audio_tokens
            else cells.usage_output_image_tokens
        end as tokens,
        cells.usage_output_reasoning_tokens as reasoning_tokens,
        prices.usd_per_mtok,
        -- The highest band that the prompt reaches.
        row_number() over (
            partition by days.changes_on, days.is_after, cells.workload_id, cells.provider, cells.billed_model_id, cells.service_tier,
                cells.region_class, cells.input_stratum, prices.bucket
            order by prices.above_prompt_tokens desc
        ) as place,
        max(case when prices.bucket in ('reasoning') then 1 else 0 end) over (
            partition by days.changes_on, days.is_after, cells.workload_id, cells.provider, cells.billed_model_id, cells.service_tier,
                cells.region_class, cells.input_stratum
        ) as has_reasoning_price
    from days
    inner join int_cells as cells on cells.provider = days.provider and cells.billed_model_id = days.model_id
    inner join model_prices as prices
        on prices.provider = cells.provider
        and prices.model_id = cells.billed_model_id
        and prices.service_tier = cells.service_tier
        and prices.region_class = cells.region_class
        and prices.band_mode = 'whole_request'
        and (prices.above_prompt_tokens = 0 or coalesce(cells.input_stratum, 0) > prices.above_prompt_tokens)
        and prices.valid_from <= days.price_date
        and (prices.valid_to is null or days.price_date < prices.valid_to)
),

summed as (
    select provider, model_id, changes_on, is_after, sum(
        (tokens + case when bucket in ('output') and has_reasoning_price in (0) then reasoning_tokens else 0 end) * usd_per_mtok
    ) as micro_usd
    from used
    where place = 1
    group by provider, model_id, changes_on, is_after
)

select
    provider,
    model_id,
    changes_on,
    cast(max(case when not is_after then micro_usd end) * cast('0.000001' as decimal(6, 6)) as decimal(38, 12)) as before_usd,
    cast(max(case when is_after then micro_usd end) * cast('0.000001' as decimal(6, 6)) as decimal(38, 12)) as after_usd
from summed
group by provider, model_id, changes_on
