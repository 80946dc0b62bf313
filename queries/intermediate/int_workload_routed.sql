-- One row per workload that goes through an automatic router: how many of its calls do.
--
-- grain:  workload_id
-- method: M 1.1
select workload_cube.workload_id, sum(workload_cube.requests) as requests, cast(sum(workload_cube.cost_usd) as decimal(38, 12)) as cost_usd
from workload_cube
cross join settings
inner join (select distinct provider, router_id from int_routers) as routers
    on routers.provider = workload_cube.provider and routers.router_id = workload_cube.requested_model_id
where workload_cube.event_date >= settings.window_from and workload_cube.event_date < settings.run_date
group by workload_cube.workload_id
