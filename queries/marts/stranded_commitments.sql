-- One row per policy and provider with a commitment that its moves touch: what is used of it before and after, and what is owed all the same.
--
-- grain:  policy, provider
-- method: M 2.8 (cash = max(M, U0) - max(M, U1), for all moves of the policy together; what is reassignable counts once)
with flows as (
    select moves.policy, moves.from_provider as provider, moves.workload_id, -rates.source_paid_month_usd as usd
    from portfolio_moves as moves
    inner join int_bundle_rates as rates on rates.recommendation_id = moves.recommendation_id
    union all
    select moves.policy, moves.to_provider, moves.workload_id, rates.target_paid_month_usd
    from portfolio_moves as moves
    inner join int_bundle_rates as rates on rates.recommendation_id = moves.recommendation_id
),

alone as (
    select
        moves.policy,
        bound.from_provider as provider,
        sum(coalesce(stranded.stranded_usd, 0.0)) as usd,
        max(bound.heirs_usd) as heirs_usd,
        max(terms.worth_months) as worth_months
    from portfolio_moves as moves
    inner join int_bundle_commitments as bound on bound.recommendation_id = moves.recommendation_id
    left join int_bundle_bound_worth as terms on terms.recommendation_id = moves.recommendation_id
    left join int_bundle_stranded as stranded on stranded.recommendation_id = moves.recommendation_id
    group by moves.policy, bound.from_provider
),

together as (
    select
        flows.policy,
        bound.provider,
        bound.minimum_usd,
        bound.ends_on,
        bound.bound_months,
        bound.used_usd,
        greatest(bound.used_usd + sum(flows.usd), 0.0) as used_after_usd,
        count(distinct flows.workload_id) as workloads
    from int_commitment_use as bound
    inner join flows on flows.provider = bound.provider
    group by flows.policy, bound.provider, bound.minimum_usd, bound.ends_on, bound.bound_months, bound.used_usd
),

owed as (
    select
        together.*,
        coalesce(alone.usd, 0.0) as alone_usd,
        coalesce(alone.worth_months, 0.0) as worth_months,
        greatest(minimum_usd - used_after_usd, 0.0) - greatest(minimum_usd - used_usd, 0.0) as idle_usd,
        least(
            greatest(minimum_usd - used_after_usd, 0.0) - greatest(minimum_usd - used_usd, 0.0), coalesce(alone.heirs_usd, 0.0)
        ) as reassigned_usd
    from together
    left join alone on alone.policy = together.policy and alone.provider = together.provider
)

select
    policy,
    provider,
    workloads,
    cast(minimum_usd as decimal(18, 2)) as commitment_monthly_usd,
    cast(used_usd as decimal(18, 2)) as use_monthly_usd,
    cast(used_after_usd as decimal(18, 2)) as use_after_monthly_usd,
    cast(greatest(reassigned_usd, 0.0) as decimal(18, 2)) as reassigned_monthly_usd,
    cast(idle_usd - greatest(reassigned_usd, 0.0) as decimal(18, 2)) as stranded_monthly_usd,
    cast(alone_usd as decimal(18, 2)) as stranded_alone_monthly_usd,
    -- Where the moves only together fall below the minimum, no single one's value holds it.
    cast(greatest(idle_usd - greatest(reassigned_usd, 0.0) - alone_usd, 0.0) * worth_months as decimal(18, 2)) as jointly_stranded_worth_usd,
    ends_on as cash_follows_from,
    cast(bound_months as decimal(9, 4)) as bound_months
from owed
