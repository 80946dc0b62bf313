-- One row per bundle that would pay without a commitment, and whose P10 has not paid back when the commitment ends: wait until then.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 2.8 (a move whose P10 pays back only after the commitment ends is WAIT_COMMITMENT with that date)
select costed.recommendation_id, stranded.ends_on as wait_until
from int_bundles_costed as costed
inner join int_bundle_stranded as stranded on stranded.recommendation_id = costed.recommendation_id
inner join int_cash_months as cash
    on cash.fade_low = costed.fade_low and cash.fade = costed.fade and cash.fade_high = costed.fade_high
    and cash.monthly_rate = costed.monthly_rate and cash.lead_months = costed.lead_months
    and cash.horizon_months = costed.horizon_months and cash.retraining_months = costed.retraining_months
    and cash.month < stranded.bound_months + 1
where costed.npv_p10_usd + costed.stranded_worth_usd > 0
group by costed.recommendation_id, stranded.ends_on, costed.one_off_usd
having sum(
    (costed.net_p10_usd - costed.gross_usd * (1 - cash.left_expected) - stranded.stranded_usd)
    * least(1.0, stranded.bound_months - cash.month + 1)
) < costed.one_off_usd
