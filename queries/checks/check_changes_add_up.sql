-- Workloads whose causes of change do not add up from the previous window to this one.
--
-- severity: error
-- because:  a change of spend is explained without a residual
select
    workload_id,
    sum(case when effect in ('current') then 0 else amount_usd end) as found_usd,
    sum(case when effect in ('current') then amount_usd else 0 end) as wanted_usd
from spend_changes
group by workload_id
having sum(case when effect in ('current') then 0 else amount_usd end) <> sum(case when effect in ('current') then amount_usd else 0 end)
