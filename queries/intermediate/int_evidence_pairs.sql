-- One row per comparison of two runs over items: on how many only one of the two models was better.
--
-- grain:  recommendation_id, eval_set, method, rubric, split_rule
-- by_workload: yes
-- method: M 5.4 (b: only the model in use, c: only the candidate), 5.3 (clusters scale all counts)
-- Items are millions of rows: a run and a comparison are numbers until they are counted.
with runs as (
    select
        *,
        row_number() over (
            order by workload_id, eval_set, method, rubric, split_rule, run_id, provider, model_id, adaptation
        ) as run
    from int_evidence_runs
),

numbered as (
    select runs.run, items.item_id, items.value, items.is_graded_right_or_wrong
    from int_evidence_items as items
    inner join runs
        on runs.workload_id = items.workload_id
        and runs.eval_set = items.eval_set
        and runs.method = items.method
        and runs.rubric = items.rubric
        and runs.split_rule = items.split_rule
        and runs.run_id = items.run_id
        and runs.provider = items.provider
        and runs.model_id = items.model_id
        and runs.adaptation = items.adaptation
    where items.value is not null
),

compared as (
    select
        sides.recommendation_id,
        sides.eval_set,
        sides.method,
        sides.rubric,
        sides.split_rule,
        row_number() over (
            order by sides.recommendation_id, sides.eval_set, sides.method, sides.rubric, sides.split_rule
        ) as comparison,
        candidate.run as to_run,
        in_use.run as from_run
    from int_evidence_sides as sides
    inner join runs as candidate
        on candidate.workload_id = sides.workload_id
        and candidate.eval_set = sides.eval_set
        and candidate.method = sides.method
        and candidate.rubric = sides.rubric
        and candidate.split_rule = sides.split_rule
        and candidate.run_id = sides.to_run_id
        and candidate.provider = sides.to_provider
        and candidate.model_id = sides.to_model_id
        and candidate.adaptation = sides.adaptation
    inner join runs as in_use
        on in_use.workload_id = sides.workload_id
        and in_use.eval_set = sides.eval_set
        and in_use.method = sides.method
        and in_use.rubric = sides.rubric
        and in_use.split_rule = sides.split_rule
        and in_use.run_id = sides.from_run_id
        and in_use.provider = sides.from_provider
        and in_use.model_id = sides.from_model_id
        and in_use.adaptation = 'none'
),

counted as (
    select
        compared.comparison,
        count(*) as pairs,
        sum(case when in_use.value > candidate.value then 1 else 0 end) as only_in_use,
        sum(case when candidate.value > in_use.value then 1 else 0 end) as only_candidate,
        bool_and(in_use.is_graded_right_or_wrong and candidate.is_graded_right_or_wrong) as are_right_or_wrong,
        sum(in_use.value) as from_value,
        sum(candidate.value) as to_value
    from compared
    inner join numbered as candidate on candidate.run = compared.to_run
    inner join numbered as in_use on in_use.run = compared.from_run and in_use.item_id = candidate.item_id
    group by compared.comparison
)

select
    compared.recommendation_id,
    compared.eval_set,
    compared.method,
    compared.rubric,
    compared.split_rule,
    counted.pairs,
    counted.only_in_use,
    counted.only_candidate,
    case when counted.are_right_or_wrong then cast(counted.from_value as bigint) end as from_right,
    case when counted.are_right_or_wrong then cast(counted.to_value as bigint) end as to_right
from counted
inner join compared on compared.comparison = counted.comparison
