-- One row per policy and workload that changes under it: the bundle that the policy takes.
--
-- grain:  policy, workload_id
-- method: M 7.1 (one bundle for a workload), 7.5, 7.6
with eligible as (
    select
        'decisions' as policy,
        decisions.workload_id,
        int_bundles.recommendation_id,
        int_bundles.lever,
        rates.paid_saving_usd,
        costed.npv_usd
    from decisions
    inner join int_bundles
        on int_bundles.recommendation_id = case
            when decisions.action in ('MOVE', 'MOVE_SPLIT', 'OPTIMIZE') then decisions.recommendation_id else decisions.interim_bundle
        end
    inner join int_bundle_rates as rates on rates.recommendation_id = int_bundles.recommendation_id
    inner join int_bundles_costed as costed on costed.recommendation_id = int_bundles.recommendation_id
    union all
    select policy, workload_id, recommendation_id, lever, paid_saving_usd, npv_usd from int_policy_bundles
),

ranked as (
    select
        *,
        row_number() over (partition by policy, workload_id order by npv_usd desc nulls last, recommendation_id) as place
    from eligible
)

select
    ranked.policy,
    ranked.workload_id,
    ranked.recommendation_id,
    ranked.lever,
    int_workloads.main_provider as from_provider,
    int_bundles.to_provider,
    ranked.paid_saving_usd as saving_monthly_usd
from ranked
inner join int_bundles on int_bundles.recommendation_id = ranked.recommendation_id
inner join int_workloads on int_workloads.workload_id = ranked.workload_id
where ranked.place = 1
