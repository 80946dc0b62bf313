-- One row per evaluation run of a model: how many items, how many right, from items or from the run's own total.
--
-- grain:  workload_id, eval_set, method, rubric, split_rule, run_id, provider, model_id, adaptation
-- by_workload: yes
-- method: M 5.1, 5.5
with totals as (
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
        evaluations.n,
        evaluations.n_correct,
        evaluations.template_id,
        coalesce(evaluations.is_vendor_made, false) as is_vendor_made,
        cast(evaluations.scored_at as date) as scored_on
    from evaluations
    cross join settings
    left join provider_names on provider_names.name = lower(evaluations.provider)
    where evaluations.workload_id is not null
        and evaluations.model_id is not null
        and evaluations.item_id is null
        and evaluations.n > 0
        and evaluations.n_correct between 0 and evaluations.n
        and evaluations.event_date < settings.run_date
),

runs as (
    select
        workload_id, eval_set, method, rubric, split_rule, run_id, provider, model_id, adaptation,
        true as has_items,
        count(value) as items,
        case when bool_and(is_graded_right_or_wrong) then cast(sum(value) as bigint) end as items_right,
        count(cluster_id) as clustered_items,
        count(distinct cluster_id) as clusters,
        sum(case when is_contradicted then 1 else 0 end) as contradicted_items,
        min(template_id) as template_id,
        bool_or(is_vendor_made) as is_vendor_made,
        max(scored_on) as scored_on
    from int_evidence_items
    group by workload_id, eval_set, method, rubric, split_rule, run_id, provider, model_id, adaptation
    union all
    select
        totals.workload_id, totals.eval_set, totals.method, totals.rubric, totals.split_rule, totals.run_id, totals.provider,
        coalesce(model_names.model_id, totals.model_name), totals.adaptation,
        false, sum(totals.n), sum(totals.n_correct), 0, 0, 0, min(totals.template_id), bool_or(totals.is_vendor_made),
        max(totals.scored_on)
    from totals
    left join model_names on model_names.provider = totals.provider and model_names.name = totals.model_name
    group by
        totals.workload_id, totals.eval_set, totals.method, totals.rubric, totals.split_rule, totals.run_id, totals.provider,
        coalesce(model_names.model_id, totals.model_name), totals.adaptation
),

ranked as (
    select
        *,
        -- Items before a total of the same run.
        row_number() over (
            partition by workload_id, eval_set, method, rubric, split_rule, run_id, provider, model_id, adaptation
            order by case when has_items then 1 else 2 end
        ) as place
    from runs
)

select
    workload_id, eval_set, method, rubric, split_rule, run_id, provider, model_id, adaptation,
    has_items, items, items_right, clustered_items, clusters, contradicted_items, template_id, is_vendor_made, scored_on
from ranked
where place = 1
