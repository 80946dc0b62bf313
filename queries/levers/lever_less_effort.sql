-- One row per workload whose calls ask for one effort and whose model knows a lower one: ask for the next lower.
--
-- grain:        workload_id
-- title:        Think less
-- why_it_costs: reasoning is paid as output, and a task may need less of it
-- assumes:      one step less effort shortens the reasoning by the ratio gamma_effort and changes no other count (M 3.1)
-- wrong_when:   the task needs the reasoning: quality has to be shown as for any move
-- method:       M 3.6 (effort down), 5.11
with steps as (
    select 1 as step, 'minimal' as effort
    union all select 2, 'low'
    union all select 3, 'medium'
    union all select 4, 'high'
    union all select 5, 'xhigh'
    union all select 6, 'max'
),

asked as (
    -- The effort of nearly all calls; where calls differ, a setting for all would raise some.
    select efforts.workload_id, steps.step
    from int_workload_efforts as efforts
    inner join steps on steps.effort = efforts.reasoning_effort
    inner join int_workloads on int_workloads.workload_id = efforts.workload_id
    where efforts.requests * 10 >= int_workloads.requests * 9
),

lower as (
    select
        int_workloads.workload_id,
        steps.effort,
        row_number() over (partition by int_workloads.workload_id order by steps.step desc) as place
    from int_workloads
    inner join asked on asked.workload_id = int_workloads.workload_id
    inner join models
        on models.provider = int_workloads.main_provider and models.model_id = int_workloads.main_model_id
    inner join steps
        on steps.step < asked.step and '|' || models.reasoning_efforts || '|' like '%|' || steps.effort || '|%'
)

select
    int_workloads.workload_id,
    'lever_less_effort' as lever,
    int_workloads.main_provider as to_provider,
    int_workloads.main_model_id as to_model_id,
    cast(null as varchar) as to_service_tier,
    cast(null as varchar) as cache_mode,
    cast(null as double) as static_kept_ratio,
    lower.effort as reasoning_effort,
    'effort_down' as adaptation,
    cast(null as varchar) as split_rule,
    'config' as one_off_class,
    cast(null as decimal(38, 12)) as fixed_usd_per_month,
    'nearly all calls ask for one effort, and the model knows a lower one' as reason
from int_workloads
inner join lower on lower.workload_id = int_workloads.workload_id and lower.place = 1
where int_workloads.workload_source <> 'unattributed' and int_workloads.reasoning_tokens > 0
