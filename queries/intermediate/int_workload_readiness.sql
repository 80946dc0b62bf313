-- One row per workload: how ready it is for another model, in points.
--
-- grain:  workload_id
-- method: M 7.8 (a point each: model in the configuration, evaluation set, versioned prompts, flag for the way back)
with stated as (
    select
        int_workloads.workload_id,
        max(case when held.name in ('is_model_in_config') and held.expected > 0 then 1 else 0 end) as is_model_in_config,
        max(case when held.name in ('has_regression_set') and held.expected > 0 then 1 else 0 end) as has_regression_set,
        max(case when held.name in ('is_prompt_versioned') and held.expected > 0 then 1 else 0 end) as is_prompt_versioned,
        max(case when held.name in ('has_rollback_flag') and held.expected > 0 then 1 else 0 end) as has_rollback_flag
    from int_workloads
    cross join int_parameters as held
    where held.parameter_id in ('C-03')
        and (held.scope in ('all') or (held.scope in ('workload') and held.key = int_workloads.workload_id))
    group by int_workloads.workload_id
),

evaluated as (
    select distinct workload_id from int_evidence_runs
)

select
    stated.workload_id,
    cast(
        is_model_in_config + case when evaluated.workload_id is not null then 1 else has_regression_set end
        + is_prompt_versioned + has_rollback_flag
    as bigint) as readiness_points
from stated
left join evaluated on evaluated.workload_id = stated.workload_id
