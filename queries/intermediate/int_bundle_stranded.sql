-- One row per costed bundle that strands a commitment: how much a month, for how long, in all and as worth today.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 2.8, 6.5
select
    bound.recommendation_id,
    terms.ends_on,
    terms.bound_months,
    bound.economic_usd - bound.cash_usd as stranded_usd,
    (bound.economic_usd - bound.cash_usd) * terms.months as stranded_total_usd,
    (bound.economic_usd - bound.cash_usd) * terms.worth_months as stranded_worth_usd
from int_bundle_commitments as bound
inner join int_bundle_bound_worth as terms on terms.recommendation_id = bound.recommendation_id
-- What uses up a commitment of the new provider is shown in commitment_savings and earns nothing here.
where bound.economic_usd > bound.cash_usd
