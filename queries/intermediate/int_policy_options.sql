-- One row per policy and bundle that the policy could take whatever other workloads do.
--
-- grain:  policy, recommendation_id
-- by_workload: yes
-- method: M 7.6 (frontier by appetite), 5.11 (levels)
with bundles as (
    select
        int_bundles.recommendation_id,
        int_bundles.workload_id,
        int_bundles.lever,
        int_bundles.to_provider,
        int_bundles.to_model_id,
        int_bundles.static_kept_ratio is null and int_bundles.reasoning_effort is null and int_bundles.split_rule is null
            as is_whole,
        actions.is_same_model,
        actions.reason,
        risks.risk_points,
        rates.paid_saving_usd,
        costed.npv_usd
    from int_bundles
    inner join int_bundle_rates as rates on rates.recommendation_id = int_bundles.recommendation_id and not rates.is_out
    -- Nothing is saved against a price that ends.
    inner join int_bundle_actions as actions on actions.recommendation_id = int_bundles.recommendation_id and not actions.is_due
    inner join int_bundle_risks as risks on risks.recommendation_id = int_bundles.recommendation_id
    inner join int_bundles_costed as costed on costed.recommendation_id = int_bundles.recommendation_id
    where costed.npv_usd is not null
),

appetites as (
    select 'appetite_very_low' as policy, 2 as points union all select 'appetite_low', 4
    union all select 'appetite_medium', 7 union all select 'appetite_high', 1000
)

select appetites.policy, recommendation_id, workload_id, lever, to_provider, to_model_id, paid_saving_usd, npv_usd
from bundles
inner join appetites on bundles.risk_points <= appetites.points
where bundles.reason in ('PROVEN', 'SAME_ANSWERS', 'NEEDS_SIGN_OFF')
union all
select 'cache_and_batch', recommendation_id, workload_id, lever, to_provider, to_model_id, paid_saving_usd, npv_usd
from bundles
-- Nobody would take one that loses money.
where bundles.is_same_model and bundles.is_whole and bundles.npv_usd > 0
