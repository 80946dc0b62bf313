-- One row per bundle that was considered, blocked and dearer ones too: what it would cost and why it is not the answer.
--
-- grain:  workload_id, recommendation_id
-- by_workload: yes
-- method: M 0.3, 3, 4, 5, 6, 7.6, 7.9
with figures as (
    select
        int_bundles.recommendation_id, int_bundles.workload_id, int_bundles.lever, int_bundles.to_provider,
        int_bundles.to_model_id, int_bundles.to_service_tier, int_bundles.cache_mode, int_bundles.static_kept_ratio,
        int_bundles.reasoning_effort, int_bundles.split_rule, int_bundles.setting, int_bundles.adaptation,
        int_bundles.one_off_class,
        priced.source_usd,
        priced.fitting_requests as moving_requests,
        priced.fitting_cost_usd as moving_window_usd,
        priced.target_equal_tokens_usd,
        priced.target_usd,
        priced.target_p10_usd,
        priced.target_p90_usd,
        priced.source_paid_usd,
        priced.target_paid_usd,
        priced.source_horizon_usd,
        priced.target_horizon_usd,
        priced.is_cache_lost,
        priced.is_tier_lost,
        priced.tau_source,
        gated.is_blocked,
        gated.binding_gate,
        gated.binding_kind,
        gated.reason_codes,
        gated.unknown_facts,
        gated.pass_share_requests,
        gated.pass_share_spend,
        gated.not_tested,
        coalesce(not priced.is_source_unpriced and not priced.is_target_unpriced, false) as is_priced,
        cast(settings.month_factor_numerator as double) / settings.month_factor_denominator as per_month
    from int_bundles
    cross join settings
    inner join int_bundles_gated as gated on gated.recommendation_id = int_bundles.recommendation_id
    left join int_bundles_priced as priced on priced.recommendation_id = int_bundles.recommendation_id
),

monthly as (
    select
        *,
        case when is_priced then cast(cast(source_usd as double) * per_month as decimal(18, 2)) end as current_monthly_cost_usd,
        case when is_priced then cast(cast(source_usd - target_equal_tokens_usd as double) * per_month as decimal(18, 2)) end as price_only_monthly_savings_usd,
        case when is_priced then cast(cast(source_usd - target_usd as double) * per_month as decimal(18, 2)) end as estimated_monthly_savings_usd,
        case when is_priced then cast(cast(source_usd - target_p90_usd as double) * per_month as decimal(18, 2)) end as estimated_monthly_savings_p10_usd,
        case when is_priced then cast(cast(source_usd - target_p10_usd as double) * per_month as decimal(18, 2)) end as estimated_monthly_savings_p90_usd,
        case when is_priced then cast(cast(source_paid_usd - target_paid_usd as double) * per_month as decimal(18, 2)) end as discounted_monthly_savings_usd,
        case when is_priced then cast(cast(source_horizon_usd - target_horizon_usd as double) * per_month as decimal(18, 2)) end as horizon_monthly_savings_usd
    from figures
),

ranks as (
    select
        recommendation_id,
        cast(row_number() over (
            -- Rank inside the workload: not blocked first, then the highest expected saving, then by name.
            partition by workload_id
            order by is_blocked, estimated_monthly_savings_usd desc nulls last, to_provider, to_model_id, recommendation_id
        ) as bigint) as option_rank
    from monthly
)

select
    monthly.recommendation_id,
    workload_id, lever, to_provider, to_model_id, to_service_tier,
    cache_mode, static_kept_ratio, reasoning_effort, split_rule, setting, adaptation, one_off_class,
    case
        when is_blocked then 'blocked'
        when not is_priced then 'unpriced'
        when discounted_monthly_savings_usd > 0 then 'cheaper'
        else 'dearer'
    end as finding,
    binding_gate,
    binding_kind,
    array_to_string(reason_codes, ', ') as reason_codes,
    unknown_facts,
    not_tested,
    pass_share_requests,
    pass_share_spend,
    moving_requests, moving_window_usd,
    current_monthly_cost_usd,
    -- Cost, saving and what is left add up to the cent.
    cast(current_monthly_cost_usd - estimated_monthly_savings_usd as decimal(18, 2)) as projected_monthly_cost_usd,
    price_only_monthly_savings_usd,
    estimated_monthly_savings_usd,
    estimated_monthly_savings_p10_usd,
    estimated_monthly_savings_p90_usd,
    discounted_monthly_savings_usd,
    horizon_monthly_savings_usd,
    coalesce(is_cache_lost, false) as is_cache_lost,
    coalesce(is_tier_lost, false) as is_tier_lost,
    tau_source,
    records.nu_source, records.gamma_source, records.projection_basis,
    records.action, records.action_reason, records.stage, records.risk_points, records.risk_level, records.highest_risk,
    records.risk_verdict_points, records.risk_criticality_points, records.risk_change_points, records.risk_brittleness_points,
    records.risk_headroom_points, records.risk_maturity_points, records.risk_lifecycle_points, records.risk_reversible_points,
    records.confidence, records.implementation_effort, records.is_rollback_possible,
    records.evidence_grade, records.verdict, records.verdict_unadjusted, records.evidence_codes, records.worse_proxies,
    records.better_proxies,
    records.evidence_eval_set, records.evidence_method, records.evidence_rubric, records.evidence_test, records.evidence_scored_on,
    records.evidence_items, records.evidence_only_in_use, records.evidence_only_candidate, records.evidence_candidates,
    records.quality_in_use_share, records.quality_candidate_share, records.quality_change_share,
    records.quality_change_low_share, records.quality_change_high_share, records.margin_share,
    records.evidence_z_score, records.evidence_p_share, records.evidence_p_adjusted_share,
    records.rework_monthly_usd, records.maintenance_monthly_usd, records.net_monthly_savings_usd,
    records.net_monthly_savings_p10_usd, records.net_monthly_savings_p90_usd, records.integration_usd, records.evaluation_usd,
    records.one_off_usd, records.horizon_months, records.lead_months, records.benefits_usd, records.move_cost_usd,
    records.npv_usd, records.npv_p10_usd, records.npv_p90_usd, records.payback_months, records.roi_ratio,
    records.roi_total_ratio, records.roi_status, records.break_even_requests, records.planned_items, records.planned_unpaired_items,
    records.planned_evaluation_usd, records.evsi_usd, records.net_evsi_usd, records.evaluation_gain_usd, records.assumptions,
    coalesce(frontier.is_dominated, false) as is_dominated,
    ranks.option_rank
from monthly
inner join ranks on ranks.recommendation_id = monthly.recommendation_id
inner join int_bundle_records as records on records.recommendation_id = monthly.recommendation_id
left join int_bundle_frontier as frontier on frontier.recommendation_id = monthly.recommendation_id
