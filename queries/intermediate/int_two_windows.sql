-- One row per window, workload, model and tier: what was spent, and what the same traffic costs at one day's prices.
--
-- grain:  is_current, workload_id, provider, billed_model_id, service_tier
-- method: M 1.6 (cells re-price exactly), 2.3
with cells as (
    select
        workload_cube.event_date >= settings.window_from as is_current,
        workload_cube.*
    from workload_cube
    cross join settings
    where workload_cube.event_date >= settings.previous_window_from and workload_cube.event_date < settings.run_date
),

priced as (
    select
        cells.is_current,
        cells.workload_id,
        cells.provider,
        cells.billed_model_id,
        cells.service_tier,
        cells.requests,
        cells.requests - cells.unknown_model_requests - cells.unpriced_requests - cells.no_usage_requests as priced_requests,
        cells.cost_usd,
        case
            -- What has no price on that day, or was not priced at all, keeps what it cost: no change of price is claimed for it.
            when prices.model_id is null or cells.unknown_model_requests + cells.unpriced_requests + cells.no_usage_requests > 0
                or (cells.usage_input_uncached_tokens > 0 and prices.usd_input is null)
                or (cells.usage_cache_read_tokens > 0 and prices.usd_cache_read is null)
                or (cells.usage_cache_write_5m_tokens > 0 and prices.usd_cache_write_5m is null)
                or (cells.usage_cache_write_1h_tokens > 0 and prices.usd_cache_write_1h is null)
                or (cells.usage_input_audio_tokens > 0 and prices.usd_input_audio is null)
                or (cells.usage_input_image_tokens > 0 and prices.usd_input_image is null)
                or (cells.usage_output_visible_tokens + cells.usage_output_reasoning_tokens > 0 and prices.usd_output is null)
                or (cells.usage_output_audio_tokens > 0 and prices.usd_output_audio is null)
                or (cells.usage_output_image_tokens > 0 and prices.usd_output_image is null)
                then cells.cost_usd
            else cast(cells.tool_cost_usd + (
                cells.usage_input_uncached_tokens * coalesce(prices.usd_input, 0)
                + cells.usage_cache_read_tokens * coalesce(prices.usd_cache_read, 0)
                + cells.usage_cache_write_5m_tokens * coalesce(prices.usd_cache_write_5m, 0)
                + cells.usage_cache_write_1h_tokens * coalesce(prices.usd_cache_write_1h, 0)
                + cells.usage_input_audio_tokens * coalesce(prices.usd_input_audio, 0)
                + cells.usage_input_image_tokens * coalesce(prices.usd_input_image, 0)
                + cells.usage_output_visible_tokens * coalesce(prices.usd_output, 0)
                + cells.usage_output_reasoning_tokens * coalesce(prices.usd_reasoning, prices.usd_output, 0)
                + cells.usage_output_audio_tokens * coalesce(prices.usd_output_audio, 0)
                + cells.usage_output_image_tokens * coalesce(prices.usd_output_image, 0)
            ) * cast('0.000001' as decimal(6, 6)) as decimal(38, 12))
        end as reference_usd
    from cells
    left join int_reference_prices as prices
        on prices.provider = cells.provider
        and prices.model_id = cells.billed_model_id
        and prices.service_tier = cells.service_tier
        and prices.region_class = cells.region_class
        and (prices.above_prompt_tokens = 0 or coalesce(cells.input_stratum, 0) > prices.above_prompt_tokens)
        and (prices.upto_prompt_tokens is null or coalesce(cells.input_stratum, 0) <= prices.upto_prompt_tokens)
)

select
    is_current,
    workload_id,
    provider,
    billed_model_id,
    service_tier,
    sum(requests) as requests,
    sum(priced_requests) as priced_requests,
    cast(sum(cost_usd) as decimal(38, 12)) as cost_usd,
    cast(sum(reference_usd) as decimal(38, 12)) as reference_usd
from priced
group by is_current, workload_id, provider, billed_model_id, service_tier
