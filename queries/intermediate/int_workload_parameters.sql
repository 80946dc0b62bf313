-- One row per workload: the method's parameters as they hold for it, its own value before the one for all.
--
-- grain:  workload_id
-- method: M 12 (settable globally and per workload)
with chosen as (
    select
        int_workloads.workload_id,
        shared.name,
        coalesce(own.low, shared.low) as low,
        coalesce(own.expected, shared.expected) as expected,
        coalesce(own.high, shared.high) as high
    from int_workloads
    inner join int_parameters as shared on shared.scope = 'all'
    left join int_parameters as own
        on own.scope = 'workload' and own.name = shared.name and own.key = int_workloads.workload_id
)

select
    workload_id,
    max(case when name = 'margin_low' then expected end) as margin_low,
    max(case when name = 'margin_medium' then expected end) as margin_medium,
    max(case when name = 'margin_high' then expected end) as margin_high,
    max(case when name = 'items_min' then expected end) as items_min,
    max(case when name = 'evidence_days_max' then expected end) as evidence_days_max,
    max(case when name = 'guess_share' then expected end) as guess_share,
    max(case when name = 'missing_share_max' then expected end) as missing_share_max,
    max(case when name = 'cluster_icc' then expected end) as cluster_icc,
    max(case when name = 'post_train_usd' then expected end) as post_train_usd,
    max(case when name = 'integration_hours_config' then expected end) as integration_hours_config,
    max(case when name = 'integration_hours_other_vendor' then expected end) as integration_hours_other_vendor,
    max(case when name = 'integration_hours_post_train' then expected end) as integration_hours_post_train,
    max(case when name = 'integration_hours_self_host' then expected end) as integration_hours_self_host,
    max(case when name = 'maintenance_hours_none' then expected end) as maintenance_hours_none,
    max(case when name = 'maintenance_hours_prompt_trim' then expected end) as maintenance_hours_prompt_trim,
    max(case when name = 'maintenance_hours_post_train' then expected end) as maintenance_hours_post_train,
    max(case when name = 'maintenance_hours_self_host' then expected end) as maintenance_hours_self_host,
    max(case when name = 'retraining_hours' then expected end) as retraining_hours,
    max(case when name = 'retraining_months' then expected end) as retraining_months,
    max(case when name = 'engineer_usd_per_hour' then expected end) as engineer_usd_per_hour,
    max(case when name = 'expert_usd_per_hour' then expected end) as expert_usd_per_hour,
    max(case when name = 'reviewer_usd_per_hour' then expected end) as reviewer_usd_per_hour,
    max(case when name = 'review_minutes' then expected end) as review_minutes,
    max(case when name = 'rework_share' then expected end) as rework_share,
    max(case when name = 'rework_minutes' then expected end) as rework_minutes,
    max(case when name = 'rework_usd_per_hour' then expected end) as rework_usd_per_hour,
    max(case when name = 'rework_loss_usd' then expected end) as rework_loss_usd,
    max(case when name = 'discount_rate' then expected end) as discount_rate,
    max(case when name = 'appetite_points' then expected end) as appetite_points,
    max(case when name = 'discordant_share' then expected end) as discordant_share,
    max(case when name = 'hint_loss' then expected end) as hint_loss,
    max(case when name = 'hint_loss_sd' then expected end) as hint_loss_sd,
    max(case when name = 'judge_attenuation' then expected end) as judge_attenuation,
    max(case when name = 'judge_specificity' then expected end) as judge_specificity,
    max(case when name = 'judge_sensitivity' then expected end) as judge_sensitivity,
    max(case when name = 'judge_items_wrong' then expected end) as judge_items_wrong,
    max(case when name = 'judge_items_right' then expected end) as judge_items_right,
    max(case when name = 'template_versions' then expected end) as template_versions,
    max(case when name = 'is_prototype' then expected end) as is_prototype,
    max(case when name = 'has_rollback_flag' then expected end) as has_rollback_flag,
    max(case when name = 'epsilon' then expected end) as epsilon,
    max(case when name = 'verifier_usd' then expected end) as verifier_usd,
    max(case when name = 'z90' then expected end) as z90,
    max(case when name = 'z95' then expected end) as z95,
    max(case when name = 'z80' then expected end) as z80,
    max(case when name = 'z_signals' then expected end) as z_signals,
    max(case when name = 'alpha' then expected end) as alpha,
    max(case when name = 'variance_blocks' then expected end) as variance_blocks,
    max(case when name = 'horizon_months' then expected end) as horizon_months,
    max(case when name = 'lead_months' then expected end) as lead_months,
    max(case when name = 'fade' then low end) as fade_low,
    max(case when name = 'fade' then expected end) as fade_expected,
    max(case when name = 'fade' then high end) as fade_high,
    max(case when name = 'fade_tuned' then low end) as fade_tuned_low,
    max(case when name = 'fade_tuned' then expected end) as fade_tuned_expected,
    max(case when name = 'fade_tuned' then high end) as fade_tuned_high
from chosen
group by workload_id
