-- One row per comparison of two runs over items: on how many only one of the two models was better.
--
-- grain:  recommendation_id, eval_set, method, rubric, split_rule
-- by_workload: yes
-- method: M 5.4 (b: only the model in use, c: only the candidate), 5.3 (clusters scale all counts)
with joined as (
    select
        sides.recommendation_id,
        sides.eval_set,
        sides.method,
        sides.rubric,
        sides.split_rule,
        in_use.value as from_value,
        candidate.value as to_value,
        in_use.is_graded_right_or_wrong and candidate.is_graded_right_or_wrong as is_graded_right_or_wrong
    from int_evidence_sides as sides
    inner join int_evidence_items as candidate
        on candidate.workload_id = sides.workload_id
        and candidate.eval_set = sides.eval_set
        and candidate.method = sides.method
        and candidate.rubric = sides.rubric
        and candidate.split_rule = sides.split_rule
        and candidate.run_id = sides.to_run_id
        and candidate.provider = sides.to_provider
        and candidate.model_id = sides.to_model_id
        and candidate.adaptation = sides.adaptation
    inner join int_evidence_items as in_use
        on in_use.workload_id = sides.workload_id
        and in_use.eval_set = sides.eval_set
        and in_use.method = sides.method
        and in_use.rubric = sides.rubric
        and in_use.split_rule = sides.split_rule
        and in_use.run_id = sides.from_run_id
        and in_use.provider = sides.from_provider
        and in_use.model_id = sides.from_model_id
        and in_use.adaptation = 'none'
        and in_use.item_id = candidate.item_id
    where in_use.value is not null and candidate.value is not null
)

select
    recommendation_id,
    eval_set,
    method,
    rubric,
    split_rule,
    count(*) as pairs,
    sum(case when from_value > to_value then 1 else 0 end) as only_in_use,
    sum(case when to_value > from_value then 1 else 0 end) as only_candidate,
    case when bool_and(is_graded_right_or_wrong) then cast(sum(from_value) as bigint) end as from_right,
    case when bool_and(is_graded_right_or_wrong) then cast(sum(to_value) as bigint) end as to_right
from joined
group by recommendation_id, eval_set, method, rubric, split_rule
