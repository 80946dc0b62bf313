-- One row per bundle that passes the gates and would save: what it earns and costs in a month and once, before any rework.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 5.9 (items of an evaluation), 6.2 (one-off cost), 6.3 (recurring cost), 6.4 (fade), 6.5 (months that count)
with figures as (
    select
        int_bundles.recommendation_id,
        int_bundles.workload_id,
        int_bundles.adaptation,
        int_bundles.one_off_class,
        int_bundles.needs_verdict,
        coalesce(int_bundles.fixed_usd_per_month, demand.alone_monthly_usd) as fixed_usd_per_month,
        held.*,
        cast(settings.month_factor_numerator as double) / settings.month_factor_denominator as per_month,
        cast(priced.source_usd as double) as source_usd,
        cast(priced.source_paid_usd as double) as source_paid_usd,
        cast(priced.target_usd as double) as target_usd,
        cast(priced.target_paid_usd as double) as target_paid_usd,
        cast(priced.target_paid_p10_usd as double) as target_paid_p10_usd,
        cast(priced.target_paid_p90_usd as double) as target_paid_p90_usd,
        -- Both sides after discounts (M 6.1), at the share of list that the window's traffic pays.
        cast(priced.source_horizon_usd as double)
        * coalesce(cast(priced.source_paid_usd as double) / nullif(cast(priced.source_usd as double), 0.0), 1.0)
        - cast(priced.target_horizon_usd as double)
        * coalesce(cast(priced.target_paid_usd as double) / nullif(cast(priced.target_usd as double), 0.0), 1.0) as horizon_saving_usd,
        cast(priced.requests as double) as requests,
        cast(int_workloads.logical_requests as double) * priced.fitting_requests / priced.requests as moving_requests,
        case int_workloads.criticality when 'low' then held.margin_low when 'high' then held.margin_high else held.margin_medium end
            as margin,
        -- Months count until the candidate ends, and until the model in use does: against a price that is gone nothing is saved.
        -- Where that one ends before a move could pay no saving is claimed at all.
        least(
            coalesce(models.retires_on, date '9999-01-01'),
            coalesce(case when in_use.retires_on > int_limits.lead_ends then in_use.retires_on end, date '9999-01-01')
        ) as served_until
    from int_bundles
    cross join settings
    cross join int_limits
    inner join int_bundles_gated as gated on gated.recommendation_id = int_bundles.recommendation_id
    inner join int_bundles_priced as priced on priced.recommendation_id = int_bundles.recommendation_id
    inner join int_workloads on int_workloads.workload_id = int_bundles.workload_id
    inner join int_workload_parameters as held on held.workload_id = int_bundles.workload_id
    left join models on models.provider = int_bundles.to_provider and models.model_id = int_bundles.to_model_id
    left join models as in_use
        on in_use.provider = int_workloads.main_provider and in_use.model_id = int_workloads.main_model_id
    -- Alone until it is in a pool with others; the people who keep the pool are part of its cost.
    left join int_pool_demand as demand on demand.recommendation_id = int_bundles.recommendation_id
    where not gated.is_blocked
        and not priced.is_source_unpriced
        and not priced.is_target_unpriced
        and priced.source_paid_usd > priced.target_paid_usd
        and priced.requests > 0
),

-- Whole months of service, of which as many count as the horizon has.
served as (
    select
        figures.*,
        least(
            cast(horizon_months as bigint),
            (date_part('year', served_until) - date_part('year', settings.run_date)) * 12
            + date_part('month', served_until) - date_part('month', settings.run_date)
            - case when date_part('day', served_until) < date_part('day', settings.run_date) then 1 else 0 end
        ) as months_served
    from figures
    cross join settings
)

select
    recommendation_id,
    workload_id,
    needs_verdict,
    source_paid_usd * per_month as source_month_usd,
    horizon_saving_usd * per_month as gross_usd,
    (target_paid_p90_usd - target_paid_usd) * per_month as ratio_loss_usd,
    (target_paid_usd - target_paid_p10_usd) * per_month as ratio_gain_usd,
    moving_requests * per_month as requests,
    (source_usd + target_usd) / requests as item_tokens_usd,
    case adaptation
        when 'post_train' then maintenance_hours_post_train
        when 'prompt_trim' then maintenance_hours_prompt_trim
        else maintenance_hours_none
    end * expert_usd_per_hour
    + coalesce(cast(fixed_usd_per_month as double), 0.0)
    + case when adaptation in ('post_train')
        then (retraining_hours * engineer_usd_per_hour + post_train_usd) / retraining_months else 0.0 end as maintenance_usd,
    case one_off_class
        when 'other_vendor' then integration_hours_other_vendor
        when 'post_train' then integration_hours_post_train
        when 'self_host' then integration_hours_self_host
        else integration_hours_config
    end * engineer_usd_per_hour
    + case when adaptation in ('post_train') then post_train_usd else 0.0 end as integration_usd,
    rework_share * rework_minutes / 60 * rework_usd_per_hour + (1 - rework_share) * rework_loss_usd as wrong_answer_usd,
    case when adaptation in ('post_train') then fade_tuned_low else fade_low end as fade_low,
    case when adaptation in ('post_train') then fade_tuned_expected else fade_expected end as fade,
    case when adaptation in ('post_train') then fade_tuned_high else fade_high end as fade_high,
    power(1 + discount_rate, 1.0 / 12) - 1 as monthly_rate,
    cast(lead_months as bigint) as lead_months,
    greatest(cast(months_served as bigint), 0) as horizon_months,
    case when adaptation in ('post_train') then cast(retraining_months as bigint) else 0 end as retraining_months,
    adaptation in ('self_host') and fixed_usd_per_month is null as is_hosting_unknown,
    margin,
    discordant_share,
    hint_loss,
    hint_loss_sd,
    review_minutes / 60 * reviewer_usd_per_hour as review_usd,
    appetite_points,
    z90,
    z95,
    z95 + z80 as z_planned
from served
