-- One row per bundle, set, method and rubric on which both models were evaluated: the two runs that are compared.
--
-- grain:  recommendation_id, eval_set, method, rubric, split_rule
-- by_workload: yes
-- method: M 5.1 (only the same workload, set, method and rubric compare), 5 edge cases (the latest run of each)
with sides as (
    select
        int_bundles.recommendation_id,
        int_bundles.workload_id,
        candidate.eval_set,
        candidate.method,
        candidate.rubric,
        candidate.split_rule,
        candidate.provider as to_provider,
        candidate.model_id as to_model_id,
        candidate.adaptation,
        candidate.run_id as to_run_id,
        in_use.run_id as from_run_id,
        in_use.provider as from_provider,
        in_use.model_id as from_model_id,
        candidate.has_items and in_use.has_items as has_items,
        candidate.items as to_items,
        candidate.items_right as to_right,
        in_use.items as from_items,
        in_use.items_right as from_right,
        candidate.clustered_items,
        candidate.clusters,
        candidate.contradicted_items + in_use.contradicted_items as contradicted_items,
        candidate.template_id,
        candidate.is_vendor_made,
        least(candidate.scored_on, in_use.scored_on) as scored_on,
        -- The candidate's latest run; with it the run of the model in use of the same name, else its latest one.
        row_number() over (
            partition by int_bundles.recommendation_id, candidate.eval_set, candidate.method, candidate.rubric, candidate.split_rule
            order by
                candidate.scored_on desc, candidate.run_id desc, case when in_use.run_id = candidate.run_id then 1 else 2 end,
                in_use.scored_on desc, in_use.run_id desc
        ) as place
    from int_bundles
    inner join int_workloads on int_workloads.workload_id = int_bundles.workload_id
    inner join int_evidence_runs as candidate
        on candidate.workload_id = int_bundles.workload_id
        and candidate.provider = int_bundles.to_provider
        and candidate.model_id = int_bundles.to_model_id
        and candidate.adaptation = int_bundles.adaptation
        and candidate.split_rule = coalesce(int_bundles.split_rule, '')
    inner join int_evidence_runs as in_use
        on in_use.workload_id = int_bundles.workload_id
        and in_use.provider = int_workloads.main_provider
        and in_use.model_id = int_workloads.main_model_id
        and in_use.adaptation = 'none'
        and in_use.eval_set = candidate.eval_set
        and in_use.method = candidate.method
        and in_use.rubric = candidate.rubric
        and in_use.split_rule = candidate.split_rule
)

select
    recommendation_id, workload_id, eval_set, method, rubric, split_rule, to_provider, to_model_id, adaptation, to_run_id,
    from_run_id, from_provider, from_model_id, has_items, to_items, to_right, from_items, from_right, clustered_items, clusters,
    contradicted_items, template_id, is_vendor_made, scored_on
from sides
where place = 1
