-- Bridges whose effects do not add up to the saving, or end in another saving than the decision's or the alternative's.
--
-- severity: error
-- because:  a saving is explained to the cent, without a rest
with sums as (
    select
        workload_id,
        basis,
        recommendation_id,
        sum(case when effect in ('saving') then 0 else amount_usd end) as effects_usd,
        sum(case when effect in ('saving') then amount_usd else 0 end) as saving_usd,
        sum(case when effect in ('saving') then amount_usd when effect in ('hosting') then -amount_usd else 0 end) as list_usd
    from savings_bridge
    group by workload_id, basis, recommendation_id
)

select
    sums.workload_id, sums.basis, sums.recommendation_id, sums.effects_usd, sums.saving_usd,
    coalesce(decisions.estimated_monthly_savings_usd, alternatives.estimated_monthly_savings_usd) as estimated_monthly_savings_usd
from sums
left join alternatives on alternatives.recommendation_id = sums.recommendation_id and sums.basis in ('alternative')
left join decisions on decisions.workload_id = sums.workload_id and sums.basis in ('decision')
where sums.effects_usd <> sums.saving_usd
    or (sums.basis in ('decision') and sums.list_usd <> decisions.estimated_monthly_savings_usd)
    or (sums.basis in ('alternative') and sums.list_usd <> alternatives.estimated_monthly_savings_usd)
