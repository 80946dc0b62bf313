-- One row per bundle: the window's traffic priced on the model in use and on the candidate, at the run date's prices.
--
-- grain:  recommendation_id
-- method: M 3.1 (token model), 3.2 (cache follows the candidate's rows, else cached tokens become uncached), 3.5 (range),
--         0.3 (month), 2.3 (band by the re-scaled prompt), 4.2 (what does not fit stays where it is)
with moved as (
    select
        int_bundles.recommendation_id,
        int_bundles.to_provider,
        int_bundles.to_model_id,
        int_cells.*,
        int_bundle_ratios.tau,
        coalesce(
            int_cells.input_stratum * int_bundle_ratios.tau_high + int_bundle_reserves.reserved_output
                <= int_bundle_reserves.context_window_tokens,
            true
        ) as is_fitting
    from int_bundles
    inner join int_cells on int_cells.workload_id = int_bundles.workload_id
    inner join int_bundle_ratios
        on int_bundle_ratios.recommendation_id = int_bundles.recommendation_id
        and int_bundle_ratios.from_provider = int_cells.provider
        and int_bundle_ratios.from_model_id = int_cells.billed_model_id
    left join int_bundle_reserves on int_bundle_reserves.recommendation_id = int_bundles.recommendation_id
),

-- The model in use at the prices of the run date and of each later stretch; the band is exact, strata end at bands.
on_source as (
    select
        int_cells.workload_id,
        int_cells.provider,
        int_cells.billed_model_id,
        int_cells.service_tier,
        int_cells.region_class,
        int_cells.input_stratum,
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
),

source_cells as (
    select
        workload_id,
        provider,
        billed_model_id,
        service_tier,
        region_class,
        input_stratum,
        cast(sum(case when is_current then cost_usd else 0 end) as decimal(38, 12)) as cost_now_usd,
        cast(sum(cost_usd * months) as decimal(38, 12)) as cost_months_usd,
        sum(months) as months
    from on_source
    group by workload_id, provider, billed_model_id, service_tier, region_class, input_stratum
),

-- The candidate, at the token counts of the model in use: three parts, because three ratios scale them.
on_target as (
    select
        moved.recommendation_id,
        moved.provider,
        moved.billed_model_id,
        moved.service_tier,
        moved.region_class,
        moved.input_stratum,
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
        moved.usage_cache_read_tokens > 0 and offered.usd_cache_read is null as is_cache_lost,
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
            moved.usage_output_reasoning_tokens * coalesce(offered.usd_reasoning, offered.usd_output, 0)
            * cast('0.000001' as decimal(6, 6)) as decimal(38, 12)
        ) as reasoning_usd
    from moved
    inner join int_prices_offered as offered
        on offered.provider = moved.to_provider
        and offered.model_id = moved.to_model_id
        and offered.for_service_tier = moved.service_tier
        and offered.for_region_class = moved.region_class
        and (offered.above_prompt_tokens = 0 or coalesce(moved.input_stratum, 0) * moved.tau > offered.above_prompt_tokens)
        and (offered.upto_prompt_tokens is null or coalesce(moved.input_stratum, 0) * moved.tau <= offered.upto_prompt_tokens)
),

target_cells as (
    select
        recommendation_id,
        provider,
        billed_model_id,
        service_tier,
        region_class,
        input_stratum,
        bool_or(is_unpriced) as is_unpriced,
        bool_or(is_cache_lost) as is_cache_lost,
        bool_or(is_tier_lost) as is_tier_lost,
        sum(months) as months,
        cast(sum(case when is_current then input_usd else 0 end) as decimal(38, 12)) as input_usd,
        cast(sum(case when is_current then visible_usd else 0 end) as decimal(38, 12)) as visible_usd,
        cast(sum(case when is_current then reasoning_usd else 0 end) as decimal(38, 12)) as reasoning_usd,
        cast(sum(input_usd * months) as decimal(38, 12)) as input_months_usd,
        cast(sum(visible_usd * months) as decimal(38, 12)) as visible_months_usd,
        cast(sum(reasoning_usd * months) as decimal(38, 12)) as reasoning_months_usd
    from on_target
    group by recommendation_id, provider, billed_model_id, service_tier, region_class, input_stratum
),

-- Exact sums per bundle and model in use; floats begin only after this.
by_pair as (
    select
        moved.recommendation_id,
        moved.provider as from_provider,
        moved.billed_model_id as from_model_id,
        sum(moved.requests) as requests,
        sum(case when moved.is_fitting then moved.requests else 0 end) as fitting_requests,
        cast(sum(moved.cost_usd) as decimal(38, 12)) as observed_cost_usd,
        cast(sum(case when moved.is_fitting then moved.cost_usd else 0 end) as decimal(38, 12)) as fitting_cost_usd,
        sum(moved.unpriced_requests) as unpriced_requests,
        bool_or(source_cells.workload_id is null) as is_source_unpriced,
        bool_or(target_cells.recommendation_id is null or target_cells.is_unpriced) as is_target_unpriced,
        bool_or(coalesce(target_cells.is_cache_lost, false)) as is_cache_lost,
        bool_or(coalesce(target_cells.is_tier_lost, false)) as is_tier_lost,
        cast(sum(source_cells.cost_now_usd) as decimal(38, 12)) as source_usd,
        cast(sum(source_cells.cost_months_usd) as decimal(38, 12)) as source_months_usd,
        min(source_cells.months) as source_months,
        min(target_cells.months) as target_months,
        cast(sum(case when moved.is_fitting then 0 else source_cells.cost_now_usd end) as decimal(38, 12)) as staying_usd,
        cast(sum(case when moved.is_fitting then 0 else source_cells.cost_months_usd end) as decimal(38, 12)) as staying_months_usd,
        cast(sum(target_cells.input_usd + target_cells.visible_usd + target_cells.reasoning_usd) as decimal(38, 12)) as equal_tokens_usd,
        cast(sum(case when moved.is_fitting then target_cells.input_usd else 0 end) as decimal(38, 12)) as input_usd,
        cast(sum(case when moved.is_fitting then target_cells.visible_usd else 0 end) as decimal(38, 12)) as visible_usd,
        cast(sum(case when moved.is_fitting then target_cells.reasoning_usd else 0 end) as decimal(38, 12)) as reasoning_usd,
        cast(sum(case when moved.is_fitting then target_cells.input_months_usd else 0 end) as decimal(38, 12)) as input_months_usd,
        cast(sum(case when moved.is_fitting then target_cells.visible_months_usd else 0 end) as decimal(38, 12)) as visible_months_usd,
        cast(sum(case when moved.is_fitting then target_cells.reasoning_months_usd else 0 end) as decimal(38, 12)) as reasoning_months_usd
    from moved
    left join source_cells
        on source_cells.workload_id = moved.workload_id
        and source_cells.provider = moved.provider
        and source_cells.billed_model_id = moved.billed_model_id
        and source_cells.service_tier = moved.service_tier
        and source_cells.region_class = moved.region_class
        and source_cells.input_stratum is not distinct from moved.input_stratum
    left join target_cells
        on target_cells.recommendation_id = moved.recommendation_id
        and target_cells.provider = moved.provider
        and target_cells.billed_model_id = moved.billed_model_id
        and target_cells.service_tier = moved.service_tier
        and target_cells.region_class = moved.region_class
        and target_cells.input_stratum is not distinct from moved.input_stratum
    where moved.requests > 0 and moved.input_stratum is not null
    group by moved.recommendation_id, moved.provider, moved.billed_model_id
),

-- cost_B = tau * (input + nu * visible + gamma * reasoning); gamma0 * visible where only the candidate reasons.
scaled as (
    select
        by_pair.*,
        ratios.tau_source,
        ratios.tau * by_pair.input_usd as input_scaled,
        ratios.tau * ratios.nu * by_pair.visible_usd as visible_scaled,
        case
            when ratios.is_reasoning_gone then 0.0
            when ratios.is_reasoning_new then ratios.tau * ratios.gamma0 * by_pair.visible_usd
            else ratios.tau * ratios.gamma * by_pair.reasoning_usd
        end as reasoning_scaled,
        ratios.tau * by_pair.input_months_usd + ratios.tau * ratios.nu * by_pair.visible_months_usd + case
            when ratios.is_reasoning_gone then 0.0
            when ratios.is_reasoning_new then ratios.tau * ratios.gamma0 * by_pair.visible_months_usd
            else ratios.tau * ratios.gamma * by_pair.reasoning_months_usd
        end as months_scaled,
        ln(ratios.tau_high / ratios.tau_low) / (2 * int_limits.z90) as sigma_tau,
        ln(ratios.nu_high / ratios.nu_low) / (2 * int_limits.z90) as sigma_nu,
        case
            when ratios.is_reasoning_new then ln(ratios.gamma0_high / ratios.gamma0_low)
            else ln(ratios.gamma_high / ratios.gamma_low)
        end / (2 * int_limits.z90) as sigma_gamma,
        int_limits.z90
    from by_pair
    cross join int_limits
    inner join int_bundle_ratios as ratios
        on ratios.recommendation_id = by_pair.recommendation_id
        and ratios.from_provider = by_pair.from_provider
        and ratios.from_model_id = by_pair.from_model_id
),

ranged as (
    select
        *,
        input_scaled + visible_scaled + reasoning_scaled as target_scaled,
        -- sigma of ln cost: each ratio weighs by its share of the cost (M 3.5)
        case
            when input_scaled + visible_scaled + reasoning_scaled > 0 then sqrt(
                power(sigma_tau, 2)
                + power(sigma_nu * visible_scaled / (input_scaled + visible_scaled + reasoning_scaled), 2)
                + power(sigma_gamma * reasoning_scaled / (input_scaled + visible_scaled + reasoning_scaled), 2)
            )
            else 0.0
        end as sigma
    from scaled
),

estimated as (
    select
        recommendation_id,
        requests,
        fitting_requests,
        observed_cost_usd,
        fitting_cost_usd,
        is_source_unpriced or unpriced_requests > 0 as is_source_unpriced,
        is_target_unpriced,
        is_cache_lost,
        is_tier_lost,
        tau_source,
        source_usd,
        -- The naive claim: everything moves, every token stays a token.
        equal_tokens_usd as target_equal_tokens_usd,
        cast(staying_usd + target_scaled as decimal(38, 12)) as target_usd,
        cast(staying_usd + target_scaled * exp(-z90 * sigma) as decimal(38, 12)) as target_p10_usd,
        cast(staying_usd + target_scaled * exp(z90 * sigma) as decimal(38, 12)) as target_p90_usd,
        cast(source_months_usd / source_months as decimal(38, 12)) as source_horizon_usd,
        cast((staying_months_usd / source_months) + months_scaled / target_months as decimal(38, 12)) as target_horizon_usd
    from ranged
)

select
    recommendation_id,
    sum(requests) as requests,
    sum(fitting_requests) as fitting_requests,
    cast(sum(observed_cost_usd) as decimal(38, 12)) as observed_cost_usd,
    cast(sum(fitting_cost_usd) as decimal(38, 12)) as fitting_cost_usd,
    bool_or(is_source_unpriced) as is_source_unpriced,
    bool_or(is_target_unpriced) as is_target_unpriced,
    bool_or(is_cache_lost) as is_cache_lost,
    bool_or(is_tier_lost) as is_tier_lost,
    min(tau_source) as tau_source,
    cast(sum(source_usd) as decimal(38, 12)) as source_usd,
    cast(sum(target_equal_tokens_usd) as decimal(38, 12)) as target_equal_tokens_usd,
    cast(sum(target_usd) as decimal(38, 12)) as target_usd,
    cast(sum(target_p10_usd) as decimal(38, 12)) as target_p10_usd,
    cast(sum(target_p90_usd) as decimal(38, 12)) as target_p90_usd,
    cast(sum(source_horizon_usd) as decimal(38, 12)) as source_horizon_usd,
    cast(sum(target_horizon_usd) as decimal(38, 12)) as target_horizon_usd
from estimated
group by recommendation_id
