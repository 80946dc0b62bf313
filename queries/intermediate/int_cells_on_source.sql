-- One row per cell: its traffic on the model in use, at the prices of the run date and of the next twelve months.
--
-- grain:  workload_id, provider, billed_model_id, service_tier, region_class, input_stratum, demands
-- method: M 2.1, 2.3 (the band is exact: strata end where bands end)
with on_source as (
    select
        int_cells.workload_id,
        int_cells.provider,
        int_cells.billed_model_id,
        int_cells.service_tier,
        int_cells.region_class,
        int_cells.input_stratum,
        int_cells.demands,
        offered.months,
        offered.is_current,
        cast((
            int_cells.usage_input_uncached_tokens * coalesce(offered.usd_input, 0)
            + int_cells.usage_cache_read_tokens * coalesce(offered.usd_cache_read, 0)
            + int_cells.usage_cache_write_5m_tokens * coalesce(offered.usd_cache_write_5m, 0)
            + int_cells.usage_cache_write_1h_tokens * coalesce(offered.usd_cache_write_1h, 0)
            + int_cells.usage_input_audio_tokens * coalesce(offered.usd_input_audio, 0)
            + int_cells.usage_input_image_tokens * coalesce(offered.usd_input_image, 0)
            + int_cells.usage_output_visible_tokens * coalesce(offered.usd_output, 0)
            + int_cells.usage_output_reasoning_tokens * coalesce(offered.usd_reasoning, offered.usd_output, 0)
            + int_cells.usage_output_audio_tokens * coalesce(offered.usd_output_audio, 0)
            + int_cells.usage_output_image_tokens * coalesce(offered.usd_output_image, 0)
        ) * cast('0.000001' as decimal(6, 6)) as decimal(38, 12)) as cost_usd
    from int_cells
    inner join int_prices_offered as offered
        on offered.provider = int_cells.provider
        and offered.model_id = int_cells.billed_model_id
        and offered.for_service_tier = int_cells.service_tier
        and offered.for_region_class = int_cells.region_class
        and (offered.above_prompt_tokens = 0 or coalesce(int_cells.input_stratum, 0) > offered.above_prompt_tokens)
        and (offered.upto_prompt_tokens is null or coalesce(int_cells.input_stratum, 0) <= offered.upto_prompt_tokens)
)

select
    workload_id,
    provider,
    billed_model_id,
    service_tier,
    region_class,
    input_stratum,
    demands,
    cast(sum(case when is_current then cost_usd else 0 end) as decimal(38, 12)) as cost_now_usd,
    cast(sum(cost_usd * months) as decimal(38, 12)) as cost_months_usd,
    sum(months) as months
from on_source
group by workload_id, provider, billed_model_id, service_tier, region_class, input_stratum, demands
