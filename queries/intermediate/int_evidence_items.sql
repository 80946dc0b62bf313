-- One row per evaluated item of a model: what it scored in one run of one set, by one method and rubric.
--
-- grain:  workload_id, eval_set, method, rubric, split_rule, run_id, provider, model_id, adaptation, item_id
-- by_workload: yes
-- unsorted: grouped by its grain, and far longer than any other relation: sorting took as long as grouping
-- method: M 5.1 (what may be compared), 5.4 (graded scores compare item by item), 5 edge cases (distinct first)
with named as (
    select
        evaluations.workload_id,
        evaluations.eval_set,
        evaluations.method,
        coalesce(evaluations.rubric_or_judge, '') as rubric,
        coalesce(evaluations.split_rule, '') as split_rule,
        coalesce(evaluations.run_id, '') as run_id,
        coalesce(provider_names.provider, evaluations.provider) as provider,
        evaluations.model_id as model_name,
        coalesce(evaluations.adaptation, 'none') as adaptation,
        evaluations.item_id,
        coalesce(case when evaluations.is_correct then 1.0 when not evaluations.is_correct then 0.0 end, evaluations.score) as value,
        evaluations.is_correct is not null as is_graded_right_or_wrong,
        evaluations.cluster_id,
        evaluations.input_tokens,
        evaluations.output_tokens,
        evaluations.reasoning_tokens,
        evaluations.template_id,
        coalesce(evaluations.is_vendor_made, false) as is_vendor_made,
        cast(evaluations.scored_at as date) as scored_on
    from evaluations
    cross join settings
    left join provider_names on provider_names.name = lower(evaluations.provider)
    where evaluations.workload_id is not null
        and evaluations.model_id is not null
        and evaluations.item_id is not null
        and evaluations.event_date < settings.run_date
)

select
    named.workload_id,
    named.eval_set,
    named.method,
    named.rubric,
    named.split_rule,
    named.run_id,
    named.provider,
    coalesce(model_names.model_id, named.model_name) as model_id,
    named.adaptation,
    named.item_id,
    -- An item that was scored twice counts once; two scores that differ are no score.
    min(named.value) as value,
    coalesce(min(named.value) <> max(named.value), false) as is_contradicted,
    count(*) as scores,
    bool_and(named.is_graded_right_or_wrong) as is_graded_right_or_wrong,
    min(named.cluster_id) as cluster_id,
    max(named.input_tokens) as input_tokens,
    max(named.output_tokens) as output_tokens,
    max(named.reasoning_tokens) as reasoning_tokens,
    min(named.template_id) as template_id,
    bool_or(named.is_vendor_made) as is_vendor_made,
    max(named.scored_on) as scored_on
from named
left join model_names on model_names.provider = named.provider and model_names.name = named.model_name
group by
    named.workload_id, named.eval_set, named.method, named.rubric, named.split_rule, named.run_id, named.provider,
    coalesce(model_names.model_id, named.model_name), named.adaptation, named.item_id
