-- One row per workload that changes by decision, and one for the team: hours of upkeep a month, and what hiring for them costs.
--
-- grain:  workload_id
-- method: M 6.2 (people beyond the team's capacity, allocated by hours), 6.3 (a pool is kept once, by all that are in it)
with shares as (
    select
        workload_id,
        recommendation_id,
        cast(gpu_microseconds as double) / sum(gpu_microseconds) over (partition by pool_id) as pool_share
    from int_pool_members
    where is_member
),

hours as (
    select
        moves.workload_id,
        cast(case int_bundles.adaptation
            when 'post_train' then held.maintenance_hours_post_train
            when 'prompt_trim' then held.maintenance_hours_prompt_trim
            else held.maintenance_hours_none
        end + coalesce(shares.pool_share, 0.0) * held.maintenance_hours_self_host as decimal(18, 6)) as upkeep_hours
    from portfolio_moves as moves
    inner join int_bundles on int_bundles.recommendation_id = moves.recommendation_id
    inner join int_workload_parameters as held on held.workload_id = moves.workload_id
    left join shares on shares.recommendation_id = moves.recommendation_id
    where moves.policy in ('decisions')
),

totals as (
    select
        coalesce(sum(hours.upkeep_hours), cast(0 as decimal(18, 6))) as upkeep_hours,
        count(*) as workloads
    from hours
),

needed as (
    select
        totals.*,
        cast(team.capacity_hours as decimal(18, 2)) as capacity_hours,
        -- A team whose capacity nobody states may be large enough or not.
        case
            when team.capacity_hours is not null
                then cast(ceil(greatest(cast(totals.upkeep_hours as double) - team.capacity_hours, 0.0) / working.expected) as bigint)
        end as people,
        working.expected * expert.expected as person_monthly_usd,
        once.expected as person_once_usd
    from totals
    cross join team
    inner join int_parameters as working on working.name = 'hire_hours' and working.scope = 'all'
    inner join int_parameters as once on once.name = 'hire_usd' and once.scope = 'all'
    inner join int_parameters as expert on expert.name = 'expert_usd_per_hour' and expert.scope = 'all'
),

-- Cents of the first n workloads together, so that all of them add up to the team's.
grown as (
    select
        hours.*,
        needed.people * needed.person_monthly_usd as monthly_usd,
        needed.people * needed.person_once_usd as once_usd,
        cast(sum(hours.upkeep_hours) over (order by hours.workload_id rows between unbounded preceding and current row) as double)
            / nullif(cast(needed.upkeep_hours as double), 0.0) as share_to,
        cast(sum(hours.upkeep_hours) over (order by hours.workload_id rows between unbounded preceding and current row)
            - hours.upkeep_hours as double) / nullif(cast(needed.upkeep_hours as double), 0.0) as share_from
    from hours
    cross join needed
)

select
    cast(null as varchar) as workload_id,
    workloads,
    cast(upkeep_hours as decimal(18, 2)) as upkeep_hours,
    capacity_hours,
    people as people_to_hire,
    cast(people * person_once_usd as decimal(18, 2)) as hiring_one_off_usd,
    cast(people * person_monthly_usd as decimal(18, 2)) as hiring_monthly_usd
from needed
union all
select
    workload_id,
    cast(1 as bigint),
    cast(upkeep_hours as decimal(18, 2)),
    cast(null as decimal(18, 2)),
    cast(null as bigint),
    cast(cast(once_usd * share_to as decimal(18, 2)) - cast(once_usd * share_from as decimal(18, 2)) as decimal(18, 2)),
    cast(cast(monthly_usd * share_to as decimal(18, 2)) - cast(monthly_usd * share_from as decimal(18, 2)) as decimal(18, 2))
from grown
