-- One row per bundle that a pool would serve: what the workload pays of the pool.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 6.8, 7.3 (whoever is not in the pool would have to open it alone)
select
    demand.recommendation_id,
    cast(demand.alone_monthly_usd as double) as alone_monthly_usd,
    cast(coalesce(members.allocated_monthly_usd, demand.alone_monthly_usd) as double) as hosting_monthly_usd
from int_pool_demand as demand
left join int_pool_members as members on members.recommendation_id = demand.recommendation_id
where demand.recommendation_id is not null
