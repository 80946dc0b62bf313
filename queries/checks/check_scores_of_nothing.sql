-- Scores of a workload or model that nobody knows, by an unknown method, or with more right answers than items.
--
-- severity: warn
-- because:  such scores are counted and stand in `evaluations`, but are no evidence for or against a move; a name may be misspelt
with named as (
    select
        evaluations.x_source, evaluations.x_source_format, evaluations.eval_set, evaluations.workload_id, evaluations.model_id,
        evaluations.method, evaluations.item_id, evaluations.n, evaluations.n_correct,
        coalesce(provider_names.provider, evaluations.provider) as provider
    from evaluations
    cross join settings
    left join provider_names on provider_names.name = lower(evaluations.provider)
    where evaluations.workload_id is not null and evaluations.model_id is not null and evaluations.event_date < settings.run_date
),

told as (
    select
        named.*,
        case
            when int_workloads.workload_id is null then concat('workload ', named.workload_id)
            when models.model_id is null then concat('model ', named.model_id)
            when named.method not in ('human', 'deterministic', 'llm_judge', 'pairwise', 'benchmark') then concat('method ', named.method)
            when named.item_id is null and (coalesce(named.n, 0) < 1 or coalesce(named.n_correct, -1) not between 0 and named.n) then 'right answers'
        end as unknown
    from named
    left join int_workloads on int_workloads.workload_id = named.workload_id
    left join model_names on model_names.provider = named.provider and model_names.name = named.model_id
    left join models
        on models.provider = named.provider and models.model_id = coalesce(model_names.model_id, named.model_id)
)

select x_source as source, x_source_format as format, eval_set, unknown, count(*) as scores
from told
where unknown is not null
group by x_source, x_source_format, eval_set, unknown
