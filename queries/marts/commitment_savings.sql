-- One row per alternative whose provider, old or new, is bound by a commitment: what it saves, and what the bank account sees of it.
--
-- grain:  workload_id, recommendation_id
-- by_workload: yes
-- method: M 2.8 (cash = max(M, U0) - max(M, U1), until the commitment ends)
select
    alternatives.workload_id,
    alternatives.recommendation_id,
    alternatives.finding,
    bound.from_provider,
    alternatives.to_provider,
    cast(bound.from_commitment_usd as decimal(18, 2)) as from_commitment_usd,
    cast(bound.from_use_usd as decimal(18, 2)) as from_monthly_use_usd,
    cast(bound.economic_usd as decimal(18, 2)) as economic_monthly_savings_usd,
    cast(bound.cash_usd as decimal(18, 2)) as cash_monthly_savings_usd,
    cast(bound.reassigned_usd as decimal(18, 2)) as reassigned_monthly_usd,
    cast(cast(bound.economic_usd as decimal(18, 2)) - cast(bound.cash_usd as decimal(18, 2)) as decimal(18, 2)) as stranded_monthly_usd,
    bound.ends_on as cash_follows_from
from alternatives
inner join int_bundle_commitments as bound on bound.recommendation_id = alternatives.recommendation_id
where alternatives.finding not in ('unpriced')
