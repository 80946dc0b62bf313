-- One row per policy and bundle that the policy could take: what the portfolio is compared with.
--
-- grain:  policy, recommendation_id
-- method: M 7.5 (several small models beat one for all), 7.6 (frontier by appetite)
with one_model as (
    -- The cheaper model that would save most if every workload that it can serve went there, proof or no proof.
    select to_provider, to_model_id, row_number() over (order by sum(paid_saving_usd) desc, to_provider, to_model_id) as place
    from int_whole_moves
    group by to_provider, to_model_id
    having sum(paid_saving_usd) > 0
)

select policy, recommendation_id, workload_id, lever, to_provider, to_model_id, paid_saving_usd, npv_usd
from int_policy_options
union all
select 'one_model', moves.recommendation_id, moves.workload_id, moves.lever, moves.to_provider, moves.to_model_id, moves.paid_saving_usd, moves.npv_usd
from int_whole_moves as moves
inner join one_model
    on one_model.place = 1 and one_model.to_provider = moves.to_provider and one_model.to_model_id = moves.to_model_id
