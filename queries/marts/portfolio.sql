-- One row per policy: what the decisions save, beside what other ways of choosing would.
--
-- grain:  policy
-- method: M 7.1 (gross, overlap and net are all shown; savings never exceed spend), 7.5, 7.6, 6.7 (P10 and P90), 2.8 (commitments hold the moves together)
with taken as (
    select
        moves.policy,
        count(*) as workloads,
        sum(moves.saving_monthly_usd) as saving_usd,
        sum(coalesce(cast(costed.net_usd as decimal(18, 2)), moves.saving_monthly_usd)) as net_usd,
        sum(coalesce(cast(costed.one_off_usd as decimal(18, 2)), 0)) as one_off_usd,
        sum(cast(costed.npv_usd as decimal(18, 2))) as npv_usd,
        case when count(costed.payback_months) = count(costed.recommendation_id) then max(costed.payback_months) end as payback_months,
        max(costed.lead_months) as lead_months,
        sum(case when actions.is_proven or not actions.needs_verdict then 0 else 1 end) as unproven_workloads,
        sqrt(
            power(sum(coalesce(costed.ratio_loss_usd, 0.0)), 2) + sum(power(coalesce(costed.volume_distance_usd, 0.0), 2))
            + sum(power(coalesce(costed.rework_high_usd - costed.rework_usd, 0.0), 2))
        ) as below,
        sqrt(
            power(sum(coalesce(costed.ratio_gain_usd, 0.0)), 2) + sum(power(coalesce(costed.volume_distance_usd, 0.0), 2))
            + sum(power(coalesce(costed.rework_usd - costed.rework_low_usd, 0.0), 2))
        ) as above
    from portfolio_moves as moves
    inner join int_bundle_actions as actions on actions.recommendation_id = moves.recommendation_id
    left join int_bundles_costed as costed on costed.recommendation_id = moves.recommendation_id
    group by moves.policy
),

-- What adding every lever's claim would say: each alone, on the same spend.
claims as (
    select policy, workload_id, lever, max(paid_saving_usd) as usd
    from (
        select policy, workload_id, lever, paid_saving_usd from int_policy_bundles
        union all
        select policy, workload_id, lever, saving_monthly_usd from portfolio_moves where policy in ('decisions')
        union all
        -- Beside a decision stand the other proven levers of its workload.
        select decided.policy, others.workload_id, others.lever, others.paid_saving_usd
        from portfolio_moves as decided
        inner join int_policy_bundles as others on others.workload_id = decided.workload_id
        where decided.policy in ('decisions') and others.policy in ('appetite_high', 'cache_and_batch')
    ) as claimed
    where lever not like '%+%'
    group by policy, workload_id, lever
),

gross as (
    select policy, sum(usd) as usd from claims group by policy
),

-- What moves strand together and none of them alone, a month and as worth today.
stranded as (
    select
        policy,
        sum(jointly_stranded_worth_usd) as worth_usd,
        sum(case when jointly_stranded_worth_usd > 0 then stranded_monthly_usd - stranded_alone_monthly_usd else 0 end) as monthly_usd,
        max(case when jointly_stranded_worth_usd > 0 then cast(bound_months as double) end) as bound_months
    from stranded_commitments
    group by policy
),

-- One after the other: what is owed comes off until the commitment ends.
paid as (
    select
        taken.policy,
        cast(taken.one_off_usd as double) as one_off_usd,
        cast(taken.net_usd as double) as free_usd,
        cast(taken.net_usd - stranded.monthly_usd as double) as bound_usd,
        taken.lead_months,
        greatest(stranded.bound_months - taken.lead_months, 0.0) as months
    from taken
    inner join stranded on stranded.policy = taken.policy and stranded.worth_usd > 0
    where taken.net_usd > 0
),

models as (
    select policy, min(to_provider) as to_provider, min(to_model_id) as to_model_id
    from int_policy_bundles
    where policy in ('one_model')
    group by policy
)

select
    policies.policy,
    cast(policies.place as bigint) as place,
    policies.title,
    models.to_provider,
    models.to_model_id,
    coalesce(taken.workloads, 0) as workloads,
    coalesce(taken.unproven_workloads, 0) as unproven_workloads,
    cast(greatest(coalesce(gross.usd, 0), coalesce(taken.saving_usd, 0)) as decimal(18, 2)) as gross_monthly_usd,
    cast(coalesce(taken.saving_usd, 0) - greatest(coalesce(gross.usd, 0), coalesce(taken.saving_usd, 0)) as decimal(18, 2)) as overlap_monthly_usd,
    cast(coalesce(taken.saving_usd, 0) as decimal(18, 2)) as saving_monthly_usd,
    cast(coalesce(taken.net_usd, 0) as decimal(18, 2)) as net_monthly_usd,
    cast(cast(coalesce(taken.net_usd, 0) as double) - coalesce(taken.below, 0.0) as decimal(18, 2)) as net_monthly_p10_usd,
    cast(cast(coalesce(taken.net_usd, 0) as double) + coalesce(taken.above, 0.0) as decimal(18, 2)) as net_monthly_p90_usd,
    cast(coalesce(taken.one_off_usd, 0) as decimal(18, 2)) as one_off_usd,
    cast(coalesce(taken.npv_usd, 0) - coalesce(stranded.worth_usd, 0) as decimal(18, 2)) as npv_usd,
    -- Of moves that strand nothing together, the last to pay back; where one never does there is none.
    cast(case
        when paid.policy is null then taken.payback_months
        when paid.bound_usd * paid.months >= paid.one_off_usd then paid.lead_months + paid.one_off_usd / paid.bound_usd
        else paid.lead_months + paid.months + (paid.one_off_usd - paid.bound_usd * paid.months) / paid.free_usd
    end as decimal(9, 2)) as payback_months
from (
    values
    ('decisions', 1, 'one action for each workload, as decided'),
    ('appetite_very_low', 2, 'proven bundles of at most very low risk'),
    ('appetite_low', 3, 'proven bundles of at most low risk'),
    ('appetite_medium', 4, 'proven bundles of at most medium risk, which need a signature'),
    ('appetite_high', 5, 'proven bundles of any risk, which need a signature'),
    ('cache_and_batch', 6, 'only cache and batch: no model changes'),
    ('one_model', 7, 'one cheaper model for everything that it can serve, proof or no proof')
) as policies (policy, place, title)
left join taken on taken.policy = policies.policy
left join gross on gross.policy = policies.policy
left join stranded on stranded.policy = policies.policy
left join paid on paid.policy = policies.policy
left join models on models.policy = policies.policy
