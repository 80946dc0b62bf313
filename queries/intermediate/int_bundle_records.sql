-- One row per bundle: evidence, risk, costs and action under the names and types that are published.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 0.1 (rounded once, at the very end), 12 (ids of the values that nobody measured)
select
    proven.recommendation_id,
    actions.action,
    actions.reason as action_reason,
    actions.stage,
    proven.evidence_grade,
    proven.verdict,
    proven.verdict_unadjusted,
    proven.evidence_codes,
    proven.worse_proxies,
    proven.better_proxies,
    ratios.nu_source,
    ratios.gamma_source,
    ratios.projection_basis,
    case int_bundles.one_off_class
        when 'config' then 'Low' when 'other_vendor' then 'Medium' when 'post_train' then 'High' else 'VeryHigh'
    end as implementation_effort,
    -- The model in use is served for as long as savings are counted.
    int_bundles.lever not in ('lever_forced_migration') and coalesce(in_use.retires_on >= int_limits.horizon_ends, true)
        as is_rollback_possible,
    proven.eval_set as evidence_eval_set,
    proven.method as evidence_method,
    proven.rubric as evidence_rubric,
    proven.test as evidence_test,
    proven.scored_on as evidence_scored_on,
    proven.items as evidence_items,
    case when proven.test in ('paired') then proven.only_in_use end as evidence_only_in_use,
    case when proven.test in ('paired') then proven.only_candidate end as evidence_only_candidate,
    round(proven.from_share, 6) as quality_in_use_share,
    round(proven.to_share, 6) as quality_candidate_share,
    round(proven.change, 6) as quality_change_share,
    round(proven.change_low, 6) as quality_change_low_share,
    round(proven.change_high, 6) as quality_change_high_share,
    case when proven.test is not null then proven.margin end as margin_share,
    round(proven.z_margin, 6) as evidence_z_score,
    round(proven.p_unadjusted, 6) as evidence_p_share,
    round(proven.p_adjusted, 6) as evidence_p_adjusted_share,
    proven.holm_tests as evidence_candidates,
    risks.risk_points, risks.risk_level, risks.highest_risk, risks.verdict_points as risk_verdict_points,
    risks.criticality_points as risk_criticality_points, risks.change_points as risk_change_points,
    risks.brittleness_points as risk_brittleness_points, risks.headroom_points as risk_headroom_points,
    risks.maturity_points as risk_maturity_points, risks.lifecycle_points as risk_lifecycle_points,
    risks.reversible_points as risk_reversible_points,
    confidence.confidence,
    cast(costed.rework_usd as decimal(18, 2)) as rework_monthly_usd,
    cast(costed.maintenance_usd as decimal(18, 2)) as maintenance_monthly_usd,
    cast(costed.net_usd as decimal(18, 2)) as net_monthly_savings_usd,
    cast(costed.net_p10_usd as decimal(18, 2)) as net_monthly_savings_p10_usd,
    cast(costed.net_p90_usd as decimal(18, 2)) as net_monthly_savings_p90_usd,
    cast(costed.integration_usd as decimal(18, 2)) as integration_usd,
    cast(costed.evaluation_usd as decimal(18, 2)) as evaluation_usd,
    cast(costed.one_off_usd as decimal(18, 2)) as one_off_usd,
    costed.horizon_months,
    costed.lead_months,
    cast(costed.benefits_usd as decimal(18, 2)) as benefits_usd,
    cast(costed.cost_usd as decimal(18, 2)) as move_cost_usd,
    cast(costed.npv_usd as decimal(18, 2)) as npv_usd,
    cast(costed.npv_p10_usd as decimal(18, 2)) as npv_p10_usd,
    cast(costed.npv_p90_usd as decimal(18, 2)) as npv_p90_usd,
    cast(costed.payback_months as decimal(9, 2)) as payback_months,
    round(costed.roi, 4) as roi_ratio,
    round(costed.roi_total, 4) as roi_total_ratio,
    coalesce(costed.roi_status, 'NOT_APPLICABLE') as roi_status,
    cast(costed.break_even_requests as bigint) as break_even_requests,
    cast(costed.volume_distance_usd as decimal(18, 2)) as volume_distance_usd,
    cast(costed.ratio_loss_usd as decimal(18, 2)) as ratio_loss_usd,
    cast(costed.ratio_gain_usd as decimal(18, 2)) as ratio_gain_usd,
    cast(costed.rework_high_usd - costed.rework_usd as decimal(18, 2)) as rework_loss_usd,
    cast(costed.rework_usd - costed.rework_low_usd as decimal(18, 2)) as rework_gain_usd,
    worth.evaluation_items as planned_items,
    worth.unpaired_items as planned_unpaired_items,
    cast(worth.evaluation_usd as decimal(18, 2)) as planned_evaluation_usd,
    cast(worth.evsi_usd as decimal(18, 2)) as evsi_usd,
    cast(worth.net_evsi_usd as decimal(18, 2)) as net_evsi_usd,
    cast(worth.evaluation_gain_usd as decimal(18, 2)) as evaluation_gain_usd,
    case when costed.recommendation_id is not null then concat_ws(
        ', ',
        case when not ratios.are_known or actions.needs_verdict and actions.is_same_model then 'P-04' end,
        assumed.parameter_ids,
        case when planned.model_id is not null then 'P-06' end,
        case when not costed.is_rework_measured or proven.evidence_codes like '%JUDGE_UNCALIBRATED%' then 'P-13' end
    ) end as assumptions
from int_bundles_proven as proven
cross join int_limits
inner join int_bundles on int_bundles.recommendation_id = proven.recommendation_id
inner join int_bundle_risks as risks on risks.recommendation_id = proven.recommendation_id
inner join int_bundle_actions as actions on actions.recommendation_id = proven.recommendation_id
inner join int_bundle_confidence as confidence on confidence.recommendation_id = proven.recommendation_id
inner join int_workloads on int_workloads.workload_id = int_bundles.workload_id
left join models as in_use
    on in_use.provider = int_workloads.main_provider and in_use.model_id = int_workloads.main_model_id
left join int_planned_prices as planned
    on planned.provider = int_bundles.to_provider and planned.model_id = int_bundles.to_model_id
    and int_bundles.adaptation in ('post_train')
left join int_ratio_sources as ratios on ratios.recommendation_id = proven.recommendation_id
left join int_bundles_costed as costed on costed.recommendation_id = proven.recommendation_id
left join int_evaluation_worth as worth on worth.recommendation_id = proven.recommendation_id
left join int_assumptions as assumed
    on assumed.workload_id = int_bundles.workload_id and assumed.adaptation = int_bundles.adaptation
