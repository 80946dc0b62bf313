-- One row per bundle: the window's traffic priced on the model in use and on the candidate, at the run date's prices.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 2.6 (rate factors), 3.1 (token model), 3.5 (range)
with scaled as (
    -- cost_B = tau * (input + nu * visible + gamma * reasoning); gamma0 * visible where only the candidate reasons.
    select
        by_pair.*,
        ratios.tau_source, ratios.nu_source, ratios.gamma_source,
        ratios.tau * by_pair.input_usd as input_scaled,
        ratios.tau * by_pair.static_usd as static_scaled,
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
        ln(ratios.psi_width) / (2 * int_limits.z90) as sigma_psi, ln(ratios.price_width) / (2 * int_limits.z90) as sigma_price,
        ln(ratios.nu_high / ratios.nu_low) / (2 * int_limits.z90) as sigma_nu,
        case
            when ratios.is_reasoning_new then ln(ratios.gamma0_high / ratios.gamma0_low)
            else ln(ratios.gamma_high / ratios.gamma_low)
        end / (2 * int_limits.z90) as sigma_gamma,
        -- A candidate's discount is its own or none: what was agreed for the model in use does not carry over (M 2.6).
        coalesce(rate_of_model.rate_ratio, rate_of_provider.rate_ratio, 1.0) as source_rate_ratio,
        case
            when int_bundles.is_same_model then coalesce(rate_of_target.rate_ratio, rate_of_provider.rate_ratio, 1.0)
            else coalesce(rate_of_target.rate_ratio, 1.0)
        end as target_rate_ratio,
        int_limits.z90
    from int_bundle_parts as by_pair
    cross join int_limits
    inner join int_bundle_ratios as ratios
        on ratios.recommendation_id = by_pair.recommendation_id
        and ratios.from_provider = by_pair.from_provider
        and ratios.from_model_id = by_pair.from_model_id
    inner join int_bundles on int_bundles.recommendation_id = by_pair.recommendation_id
    left join int_rate_factors as rate_of_model
        on rate_of_model.provider = by_pair.from_provider and rate_of_model.model_id = by_pair.from_model_id
    left join int_rate_factors as rate_of_provider
        on rate_of_provider.provider = by_pair.from_provider and rate_of_provider.model_id is null
    left join int_rate_factors as rate_of_target
        on rate_of_target.provider = int_bundles.to_provider and rate_of_target.model_id = int_bundles.to_model_id
),

ranged as (
    select
        *,
        input_scaled + visible_scaled + reasoning_scaled as target_scaled,
        -- sigma of ln cost: each ratio weighs by its share of the cost (M 3.5)
        case
            when input_scaled + visible_scaled + reasoning_scaled > 0 then sqrt(
                power(sigma_tau, 2) + power(sigma_price, 2)
                + power(sigma_psi * static_scaled / (input_scaled + visible_scaled + reasoning_scaled), 2)
                + power(sigma_nu * visible_scaled / (input_scaled + visible_scaled + reasoning_scaled), 2)
                + power(sigma_gamma * reasoning_scaled / (input_scaled + visible_scaled + reasoning_scaled), 2)
            )
            else 0.0
        end as sigma,
        greatest(
            case when tau_source in ('assumption') then sigma_tau * (input_scaled + visible_scaled + reasoning_scaled) else 0.0 end,
            case when nu_source in ('assumption') then sigma_nu * visible_scaled else 0.0 end,
            case when gamma_source in ('assumption') then sigma_gamma * reasoning_scaled else 0.0 end
        ) as assumed_sigma_usd
    from scaled
),

estimated as (
    select
        recommendation_id, requests, fitting_requests, observed_cost_usd, fitting_cost_usd,
        is_source_unpriced or unpriced_requests > 0 as is_source_unpriced,
        is_target_unpriced, is_cache_lost, is_tier_lost, tau_source,
        -- Share of the variance that one ratio explains which nobody measured or published (M 5.12).
        coalesce(power(assumed_sigma_usd / nullif(sigma * target_scaled, 0.0), 2), 0.0) as assumed_share,
        source_usd,
        -- The naive claim: everything moves, every token stays a token.
        equal_tokens_usd as target_equal_tokens_usd,
        cast(staying_usd + target_scaled + verifier_usd as decimal(38, 12)) as target_usd,
        cast(staying_usd + target_scaled * exp(-z90 * sigma) + verifier_usd as decimal(38, 12)) as target_p10_usd,
        cast(staying_usd + target_scaled * exp(z90 * sigma) + verifier_usd as decimal(38, 12)) as target_p90_usd,
        cast(source_usd * source_rate_ratio as decimal(38, 12)) as source_paid_usd,
        cast(staying_usd * source_rate_ratio + target_scaled * target_rate_ratio + verifier_usd as decimal(38, 12)) as target_paid_usd,
        cast(staying_usd * source_rate_ratio + target_scaled * target_rate_ratio * exp(-z90 * sigma) + verifier_usd as decimal(38, 12)) as target_paid_p10_usd,
        cast(staying_usd * source_rate_ratio + target_scaled * target_rate_ratio * exp(z90 * sigma) + verifier_usd as decimal(38, 12)) as target_paid_p90_usd,
        cast(source_months_usd / source_months as decimal(38, 12)) as source_horizon_usd,
        cast((staying_months_usd / source_months) + coalesce(months_scaled / target_months, 0.0) + verifier_usd as decimal(38, 12)) as target_horizon_usd
    from ranged
)

select
    recommendation_id,
    sum(requests) as requests, sum(fitting_requests) as fitting_requests,
    cast(sum(observed_cost_usd) as decimal(38, 12)) as observed_cost_usd,
    cast(sum(fitting_cost_usd) as decimal(38, 12)) as fitting_cost_usd,
    bool_or(is_source_unpriced) as is_source_unpriced,
    bool_or(is_target_unpriced) as is_target_unpriced,
    bool_or(is_cache_lost) as is_cache_lost,
    bool_or(is_tier_lost) as is_tier_lost,
    min(tau_source) as tau_source,
    max(assumed_share) as assumed_share,
    cast(sum(source_usd) as decimal(38, 12)) as source_usd,
    cast(sum(target_equal_tokens_usd) as decimal(38, 12)) as target_equal_tokens_usd,
    cast(sum(target_usd) as decimal(38, 12)) as target_usd,
    cast(sum(target_p10_usd) as decimal(38, 12)) as target_p10_usd,
    cast(sum(target_p90_usd) as decimal(38, 12)) as target_p90_usd,
    cast(sum(source_paid_usd) as decimal(38, 12)) as source_paid_usd,
    cast(sum(target_paid_usd) as decimal(38, 12)) as target_paid_usd,
    cast(sum(target_paid_p10_usd) as decimal(38, 12)) as target_paid_p10_usd,
    cast(sum(target_paid_p90_usd) as decimal(38, 12)) as target_paid_p90_usd,
    cast(sum(source_horizon_usd) as decimal(38, 12)) as source_horizon_usd,
    cast(sum(target_horizon_usd) as decimal(38, 12)) as target_horizon_usd
from estimated
group by recommendation_id
