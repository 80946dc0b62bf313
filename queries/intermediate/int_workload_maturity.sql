-- One row per workload: its stage, the signals behind it, and the first day on which it can be mature.
--
-- grain:  workload_id
-- method: M 9 (first match: PROTOTYPE, DECLINING, MATURE, else GROWING; without a visible template at most GROWING)
with templates as (
    select workload_prefixes.workload_id, workload_prefixes.template_id, sum(workload_prefixes.requests) as requests
    from workload_prefixes
    cross join settings
    where workload_prefixes.event_date >= settings.window_from and workload_prefixes.event_date < settings.run_date
    group by workload_prefixes.workload_id, workload_prefixes.template_id
),

versions as (
    select
        templates.workload_id,
        sum(case when templates.requests * 10 >= int_workloads.requests then 1 else 0 end) as versions
    from templates
    inner join int_workloads on int_workloads.workload_id = templates.workload_id
    group by templates.workload_id
),

signals as (
    select
        int_workloads.workload_id,
        int_workloads.first_event_date,
        settings.run_date,
        cast((date_part('epoch', settings.run_date) - date_part('epoch', int_workloads.first_event_date)) / 86400 as bigint)
            as age_days,
        int_workloads.active_days,
        held.is_prototype > 0 as is_called_prototype,
        case
            when int_workloads.previous_logical_requests > 0
                then cast(int_workloads.logical_requests as double) / int_workloads.previous_logical_requests - 1.0
        end as growth,
        -- The owner's word counts only where no log shows a template.
        coalesce(
            case when versions.versions is not null then greatest(versions.versions, 1) end,
            case when held.template_versions >= 1 then cast(held.template_versions as bigint) end
        ) - 1 as churn
    from int_workloads
    cross join settings
    inner join int_workload_parameters as held on held.workload_id = int_workloads.workload_id
    left join versions on versions.workload_id = int_workloads.workload_id
)

select
    workload_id,
    age_days,
    active_days,
    growth,
    churn,
    case
        when is_called_prototype or age_days < 30 or active_days < 10 then 'PROTOTYPE'
        when growth <= -0.5 then 'DECLINING'
        when age_days >= 60 and abs(growth) <= 0.3 and churn <= 1 then 'MATURE'
        else 'GROWING'
    end as stage,
    cast(greatest(first_event_date + interval '60 days', run_date + interval '1 day') as date) as mature_on
from signals
