-- Workloads that the run file states facts of and that no call of the window names.
--
-- severity: warn
-- because:  facts of a workload without calls change nothing; correct the name in the run file
with stated as (
    select workload_id, '[workloads]' as place from workload_facts
    union all
    select workload_id, '[[benefits]]' from benefits
    union all
    select reassignable_to, '[[commitments]] reassignable_to' from commitments where reassignable_to is not null
)

select distinct stated.workload_id, stated.place
from stated
left join int_workloads on int_workloads.workload_id = stated.workload_id
where int_workloads.workload_id is null
order by stated.place, stated.workload_id
