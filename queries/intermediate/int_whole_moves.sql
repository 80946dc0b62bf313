-- One row per bundle that moves a whole workload to another model and passes the gates: what it would save, proof or no proof.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 7.5 (several small models beat one for all)
select
    int_bundles.recommendation_id,
    int_bundles.workload_id,
    int_bundles.lever,
    int_bundles.to_provider,
    int_bundles.to_model_id,
    rates.paid_saving_usd,
    costed.npv_usd
from int_bundles
inner join int_bundle_rates as rates on rates.recommendation_id = int_bundles.recommendation_id and not rates.is_out
-- Nothing is saved against a price that ends.
inner join int_bundle_actions as actions on actions.recommendation_id = int_bundles.recommendation_id and not actions.is_due
left join int_bundles_costed as costed on costed.recommendation_id = int_bundles.recommendation_id
where int_bundles.lever in ('lever_smaller_model', 'lever_move_up')
