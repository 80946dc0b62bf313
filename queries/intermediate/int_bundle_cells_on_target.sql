-- One row per bundle and cell: its traffic on the candidate at equal token counts, in the three parts that ratios scale.
--
-- grain:  recommendation_id, provider, billed_model_id, service_tier, region_class, input_stratum, demands
-- by_workload: yes
-- method: M 3.2 (cache follows the candidate's rows, else cached tokens become uncached), 2.3 (band by the re-scaled prompt)
with on_target as (
    select
        moved.recommendation_id,
        moved.provider,
        moved.billed_model_id,
        moved.service_tier,
        moved.region_class,
        moved.input_stratum,
        moved.demands,
        offered.months,
        offered.is_current,
        offered.is_tier_lost,
        (moved.usage_input_uncached_tokens > 0 and offered.usd_input is null)
        or (moved.usage_cache_read_tokens + moved.usage_cache_write_5m_tokens + moved.usage_cache_write_1h_tokens > 0
            and offered.usd_input is null)
        or (moved.usage_input_audio_tokens > 0 and offered.usd_input_audio is null)
        or (moved.usage_input_image_tokens > 0 and offered.usd_input_image is null)
        or (moved.usage_output_visible_tokens + moved.usage_output_reasoning_tokens > 0 and offered.usd_output is null)
        or (moved.usage_output_audio_tokens > 0 and offered.usd_output_audio is null)
        or (moved.usage_output_image_tokens > 0 and offered.usd_output_image is null) as is_unpriced,
        moved.is_prefix_too_short or (moved.usage_cache_read_tokens > 0 and offered.usd_cache_read is null) as is_cache_lost,
        cast(
            case when moved.is_prefix_too_short then 1 else 0 end * (
                moved.usage_cache_read_tokens * (coalesce(offered.usd_input, 0) - coalesce(offered.usd_cache_read, offered.usd_input, 0))
                + moved.usage_cache_write_5m_tokens
                * (coalesce(offered.usd_input, 0) - coalesce(offered.usd_cache_write_5m, offered.usd_input, 0))
                + moved.usage_cache_write_1h_tokens
                * (coalesce(offered.usd_input, 0) - coalesce(offered.usd_cache_write_1h, offered.usd_cache_write_5m, offered.usd_input, 0))
            ) * cast('0.000001' as decimal(6, 6)) as decimal(38, 12)
        ) as short_prefix_usd,
        cast((
            moved.usage_input_uncached_tokens * coalesce(offered.usd_input, 0)
            + moved.usage_cache_read_tokens * coalesce(offered.usd_cache_read, offered.usd_input, 0)
            + moved.usage_cache_write_5m_tokens * coalesce(offered.usd_cache_write_5m, offered.usd_input, 0)
            + moved.usage_cache_write_1h_tokens
            * coalesce(offered.usd_cache_write_1h, offered.usd_cache_write_5m, offered.usd_input, 0)
            + moved.usage_input_audio_tokens * coalesce(offered.usd_input_audio, 0)
            + moved.usage_input_image_tokens * coalesce(offered.usd_input_image, 0)
        ) * cast('0.000001' as decimal(6, 6)) as decimal(38, 12)) as input_usd,
        cast((
            moved.usage_output_visible_tokens * coalesce(offered.usd_output, 0)
            + moved.usage_output_audio_tokens * coalesce(offered.usd_output_audio, 0)
            + moved.usage_output_image_tokens * coalesce(offered.usd_output_image, 0)
        ) * cast('0.000001' as decimal(6, 6)) as decimal(38, 12)) as visible_usd,
        cast(
            moved.kept_static_tokens * case
                when moved.usage_cache_read_tokens > 0 then coalesce(offered.usd_cache_read, offered.usd_input, 0)
                else coalesce(offered.usd_input, 0)
            end * cast('0.000001' as decimal(6, 6)) as decimal(38, 12)
        ) as static_usd,
        cast(
            moved.usage_output_reasoning_tokens * coalesce(offered.usd_reasoning, offered.usd_output, 0)
            * cast('0.000001' as decimal(6, 6)) as decimal(38, 12)
        ) as reasoning_usd
    from int_bundle_cells as moved
    inner join int_prices_offered as offered
        on offered.provider = moved.to_provider
        and offered.model_id = moved.to_model_id
        and offered.for_service_tier = moved.for_service_tier
        and offered.for_region_class = moved.region_class
        and (offered.above_prompt_tokens = 0 or coalesce(moved.longest_input_tokens, 0) * moved.tau > offered.above_prompt_tokens)
        and (offered.upto_prompt_tokens is null or coalesce(moved.longest_input_tokens, 0) * moved.tau <= offered.upto_prompt_tokens)
)

select
    recommendation_id,
    provider,
    billed_model_id,
    service_tier,
    region_class,
    input_stratum,
    demands,
    bool_or(is_unpriced) as is_unpriced,
    bool_or(is_cache_lost) as is_cache_lost,
    bool_or(is_tier_lost) as is_tier_lost,
    sum(months) as months,
    -- What a price table alone would say of it; and with what a prefix costs that is too short for the candidate's cache.
    cast(sum(case when is_current then input_usd else 0 end) as decimal(38, 12)) as equal_input_usd,
    cast(sum(case when is_current then input_usd + short_prefix_usd else 0 end) as decimal(38, 12)) as input_usd,
    cast(sum(case when is_current then static_usd else 0 end) as decimal(38, 12)) as static_usd,
    cast(sum(case when is_current then visible_usd else 0 end) as decimal(38, 12)) as visible_usd,
    cast(sum(case when is_current then reasoning_usd else 0 end) as decimal(38, 12)) as reasoning_usd,
    cast(sum((input_usd + short_prefix_usd) * months) as decimal(38, 12)) as input_months_usd,
    cast(sum(visible_usd * months) as decimal(38, 12)) as visible_months_usd,
    cast(sum(reasoning_usd * months) as decimal(38, 12)) as reasoning_months_usd
from on_target
group by recommendation_id, provider, billed_model_id, service_tier, region_class, input_stratum, demands
