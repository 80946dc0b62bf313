-- One row per bundle that passes the gates and would save: net saving, ROI, NPV, payback and break-even after every cost.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 6.1 (ROI = (benefits - cost) / cost, null when the cost base is incomplete), 2.8 and 6.5 (what a commitment
--         strands is a cost until it ends), 6.6, 6.7 (one-sided distances are squared and added)
with spans as (
    select
        fade_low, fade, fade_high, monthly_rate, lead_months, horizon_months, retraining_months,
        count(*) as months,
        sum(left_expected) as months_left,
        sum(worth) as months_worth,
        sum(worth * left_expected) as left_worth,
        sum(worth * left_best) as best_worth,
        sum(worth * left_worst) as worst_worth
    from int_cash_months
    group by fade_low, fade, fade_high, monthly_rate, lead_months, horizon_months, retraining_months
),

-- Until here a pool costs a workload as if it were alone in it.
pooled as (
    select int_bundle_costs.*, coalesce(hosting.hosting_monthly_usd - hosting.alone_monthly_usd, 0.0) as pooled_usd
    from int_bundle_costs
    left join int_bundle_hosting as hosting on hosting.recommendation_id = int_bundle_costs.recommendation_id
),

summed as (
    select
        costs.* exclude (maintenance_usd),
        costs.maintenance_usd + costs.pooled_usd as maintenance_usd,
        costs.integration_usd + costs.evaluation_usd as one_off_usd,
        costs.gross_usd - (costs.maintenance_usd + costs.pooled_usd) - costs.rework_usd as net_usd,
        coalesce(stranded.stranded_usd, 0.0) as stranded_usd,
        coalesce(stranded.bound_months, 0.0) as bound_months,
        coalesce(stranded.stranded_total_usd, 0.0) as stranded_total_usd,
        coalesce(stranded.stranded_worth_usd, 0.0) as stranded_worth_usd,
        coalesce(spans.months, 0) as months,
        coalesce(spans.months_left, 0.0) as months_left,
        coalesce(spans.months_worth, 0.0) as months_worth,
        coalesce(spans.left_worth, 0.0) as left_worth,
        coalesce(spans.best_worth, 0.0) as best_worth,
        coalesce(spans.worst_worth, 0.0) as worst_worth
    from pooled as costs left join spans
        on spans.fade_low = costs.fade_low and spans.fade = costs.fade and spans.fade_high = costs.fade_high
        and spans.monthly_rate = costs.monthly_rate and spans.lead_months = costs.lead_months
        and spans.horizon_months = costs.horizon_months and spans.retraining_months = costs.retraining_months
    left join int_bundle_stranded as stranded on stranded.recommendation_id = costs.recommendation_id
),

valued as (
    select
        *,
        gross_usd * months_left as benefits_usd,
        one_off_usd + months * (maintenance_usd + rework_usd) + stranded_total_usd as cost_usd,
        source_month_usd * months as avoided_usd,
        gross_usd * left_worth - (maintenance_usd + rework_usd) * months_worth - one_off_usd - stranded_worth_usd as npv_usd,
        z90 * month_spread * abs(gross_usd) as volume_distance_usd
    from summed
),

running as (
    select
        valued.recommendation_id,
        cash.month,
        valued.gross_usd * cash.left_expected - valued.maintenance_usd - valued.rework_usd
            - valued.stranded_usd * greatest(0.0, least(1.0, valued.bound_months - cash.month + 1)) as net_usd,
        -- A commitment strands whole months and the part of its last one: together as long as it binds.
        valued.gross_usd * cash.left_so_far - (valued.maintenance_usd + valued.rework_usd) * (cash.month - valued.lead_months)
            - valued.stranded_usd * greatest(least(valued.bound_months, cash.month) - valued.lead_months, 0.0)
            - valued.one_off_usd as so_far_usd
    from valued
    inner join int_cash_months as cash
        on cash.fade_low = valued.fade_low and cash.fade = valued.fade and cash.fade_high = valued.fade_high
        and cash.monthly_rate = valued.monthly_rate and cash.lead_months = valued.lead_months
        and cash.horizon_months = valued.horizon_months and cash.retraining_months = valued.retraining_months
    where valued.net_usd > 0
),

paid as (
    -- Interpolated inside the first month that ends with nothing owed.
    select recommendation_id, min(month - so_far_usd / net_usd) as payback_months
    from running
    where so_far_usd >= 0 and net_usd > 0
    group by recommendation_id
)

select
    valued.*,
    paid.payback_months,
    valued.net_usd - sqrt(
        power(volume_distance_usd, 2) + power(ratio_loss_usd, 2) + power(rework_high_usd - rework_usd, 2)
    ) as net_p10_usd,
    valued.net_usd + sqrt(
        power(volume_distance_usd, 2) + power(ratio_gain_usd, 2) + power(rework_usd - rework_low_usd, 2)
    ) as net_p90_usd,
    npv_usd - sqrt(
        power(z90 * horizon_spread * gross_usd * left_worth, 2) + power(ratio_loss_usd * months_worth, 2)
        + power((rework_high_usd - rework_usd) * months_worth, 2) + power(gross_usd * (left_worth - worst_worth), 2)
    ) as npv_p10_usd,
    npv_usd + sqrt(
        power(z90 * horizon_spread * gross_usd * left_worth, 2) + power(ratio_gain_usd * months_worth, 2)
        + power((rework_usd - rework_low_usd) * months_worth, 2) + power(gross_usd * (best_worth - left_worth), 2)
    ) as npv_p90_usd,
    case
        when is_hosting_unknown or not is_rework_measured then 'COST_BASE_INCOMPLETE'
        when cost_usd <= 0 then 'ZERO_COST'
        else 'COMPLETE'
    end as roi_status,
    case when is_rework_measured and not is_hosting_unknown and cost_usd > 0 then (benefits_usd - cost_usd) / cost_usd end as roi,
    case
        when is_rework_measured and not is_hosting_unknown and cost_usd > 0
            then (benefits_usd - cost_usd) / (cost_usd + avoided_usd - benefits_usd)
    end as roi_total,
    case
        when gross_usd > rework_usd and horizon_months > 0
            then ceil((one_off_usd / horizon_months + maintenance_usd) / ((gross_usd - rework_usd) / requests))
    end as break_even_requests
from valued
left join paid on paid.recommendation_id = valued.recommendation_id
