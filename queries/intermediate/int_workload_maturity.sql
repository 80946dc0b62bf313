-- One row per workload: its stage, the signals behind it, and the first day on which it can be mature.
--
-- grain:  workload_id
-- method: M 9 (first match: PROTOTYPE, DECLINING, MATURE, else GROWING; without a visible template at most GROWING)
with templates as (
    select
        workload_prefixes.workload_id,
        workload_prefixes.template_id,
        sum(workload_prefixes.requests) as requests,
        max(workload_prefixes.event_date) as last_event_date
    from workload_prefixes
    cross join settings
    where workload_prefixes.event_date >= settings.window_from and workload_prefixes.event_date < settings.run_date
    group by workload_prefixes.workload_id, workload_prefixes.template_id
),

counted as (
    select templates.*, templates.requests * 10 >= int_workloads.requests as is_version
    from templates
    inner join int_workloads on int_workloads.workload_id = templates.workload_id
),

versions as (
    select workload_id, sum(case when is_version then 1 else 0 end) as versions from counted group by workload_id
),

placed as (
    select
        workload_id, last_event_date,
        row_number() over (partition by workload_id order by last_event_date desc, template_id) as place
    from counted
    where is_version
),

-- The last day of the version that is one too many: 28 days later only two are left.
thirds as (
    select workload_id, last_event_date as third_last_date from placed where place = 3
),

-- Calls of nothing but places where things are tried.
tried as (
    select
        workload_signals.workload_id,
        bool_and(coalesce(lower(workload_signals.environment) in ('dev', 'development', 'poc', 'staging'), false)) as is_all
    from workload_signals
    cross join settings
    where workload_signals.event_date >= settings.window_from and workload_signals.event_date < settings.run_date
    group by workload_signals.workload_id
),

signals as (
    select
        int_workloads.workload_id,
        int_workloads.first_event_date,
        settings.run_date,
        cast((date_part('epoch', settings.run_date) - date_part('epoch', int_workloads.first_event_date)) / 86400 as bigint)
            as age_days,
        int_workloads.active_days,
        held.is_prototype > 0 or coalesce(tried.is_all, false) as is_called_prototype,
        thirds.third_last_date,
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
    left join thirds on thirds.workload_id = int_workloads.workload_id
    left join tried on tried.workload_id = int_workloads.workload_id
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
    -- If traffic stays as it is from now on, and no version is added.
    cast(greatest(
        first_event_date + interval '60 days',
        run_date + interval '1 day',
        case when abs(growth) > 0.3 then run_date + interval '28 days' end,
        case when churn > 1 then third_last_date + interval '29 days' end
    ) as date) as mature_on
from signals
