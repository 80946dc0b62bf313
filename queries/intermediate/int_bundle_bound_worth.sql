-- One row per costed bundle that a commitment binds: the months until its end in which the bundle runs, counted and as worth today.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 2.8, 6.5 (stranded_t is a row of the cash flow until the commitment ends, of the last month its part)
select
    costs.recommendation_id,
    bound.ends_on,
    bound.bound_months,
    sum(least(1.0, bound.bound_months - cash.month + 1)) as months,
    sum(least(1.0, bound.bound_months - cash.month + 1) * cash.worth) as worth_months
from int_bundle_costs as costs
inner join int_bundle_commitments as bound on bound.recommendation_id = costs.recommendation_id
inner join int_cash_months as cash
    on cash.fade_low = costs.fade_low and cash.fade = costs.fade and cash.fade_high = costs.fade_high
    and cash.monthly_rate = costs.monthly_rate and cash.lead_months = costs.lead_months
    and cash.horizon_months = costs.horizon_months and cash.retraining_months = costs.retraining_months
    and cash.month < bound.bound_months + 1
group by costs.recommendation_id, bound.ends_on, bound.bound_months
