-- One row per policy and bundle that the policy could take: what the portfolio is compared with.
--
-- grain:  policy, recommendation_id
-- method: M 7.5 (several small models beat one for all), 7.6 (frontier by appetite), 5.11 (levels)
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
        costed.net_usd,
        costed.npv_usd
    from int_bundles
    inner join int_bundle_rates as rates on rates.recommendation_id = int_bundles.recommendation_id and not rates.is_out
    inner join int_bundle_actions as actions on actions.recommendation_id = int_bundles.recommendation_id
    inner join int_bundle_risks as risks on risks.recommendation_id = int_bundles.recommendation_id
    left join int_bundles_costed as costed on costed.recommendation_id = int_bundles.recommendation_id
),

appetites as (
    select 'appetite_very_low' as policy, 2 as points union all select 'appetite_low', 4
    union all select 'appetite_medium', 7 union all select 'appetite_high', 1000
),

-- The cheaper model that would save most if every workload that it can serve went there, proof or no proof.
totals as (
    select to_provider, to_model_id, sum(paid_saving_usd) as saving_usd
    from bundles
    where lever in ('lever_smaller_model', 'lever_move_up')
    group by to_provider, to_model_id
),

one_model as (
    select to_provider, to_model_id, row_number() over (order by saving_usd desc, to_provider, to_model_id) as place
    from totals
    where saving_usd > 0
)

select appetites.policy, bundles.*
from bundles
inner join appetites on bundles.risk_points <= appetites.points
where bundles.reason in ('PROVEN', 'SAME_ANSWERS', 'NEEDS_SIGN_OFF') and bundles.npv_usd is not null
union all
select 'cache_and_batch' as policy, bundles.*
from bundles
-- Nobody would take one that loses money.
where bundles.is_same_model and bundles.is_whole and bundles.npv_usd > 0
union all
select 'one_model' as policy, bundles.*
from bundles
inner join one_model
    on one_model.place = 1 and one_model.to_provider = bundles.to_provider and one_model.to_model_id = bundles.to_model_id
where bundles.lever in ('lever_smaller_model', 'lever_move_up')
