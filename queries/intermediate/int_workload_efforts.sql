-- One row per workload and reasoning effort that its calls ask for.
--
-- grain: workload_id, reasoning_effort
select
    workload_cube.workload_id,
    workload_cube.reasoning_effort,
    sum(workload_cube.requests) as requests,
    cast(sum(workload_cube.cost_usd) as decimal(38, 12)) as cost_usd
from workload_cube
cross join settings
where workload_cube.reasoning_effort is not null
    and workload_cube.event_date >= settings.window_from
    and workload_cube.event_date < settings.run_date
group by workload_cube.workload_id, workload_cube.reasoning_effort
