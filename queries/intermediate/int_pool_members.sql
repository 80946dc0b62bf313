-- One row per workload that may join a pool: whether it is in, and what it pays of the pool.
--
-- grain:  workload_id
-- method: M 7.3 (the size with the highest welfare; its cost by GPU-seconds, nobody pays more than it gains, the rest is spread again)
with best as (
    select
        pool_id,
        place,
        gpus,
        pool_monthly_usd,
        welfare_monthly_usd,
        row_number() over (partition by pool_id order by welfare_monthly_usd desc, place) as choice
    from int_pool_sizes
    where is_available
),

joined as (
    select
        sizes.pool_id, sizes.workload_id, sizes.recommendation_id, sizes.gpu_microseconds, sizes.gain_monthly_usd,
        best.gpus, best.pool_monthly_usd, best.welfare_monthly_usd,
        coalesce(best.welfare_monthly_usd > 0, false) as is_open,
        coalesce(best.welfare_monthly_usd > 0 and sizes.place <= best.place, false) as is_member
    from int_pool_sizes as sizes
    left join best on best.pool_id = sizes.pool_id and best.choice = 1
),

stepped as (
    select
        *,
        row_number() over (
            partition by pool_id order by cast(gain_monthly_usd as double) / gpu_microseconds, workload_id
        ) as step
    from joined
    where is_member
),

-- From the one whose gain is least for a GPU-second: what the rest would pay evenly if all before it pay all that they gain.
levels as (
    select
        *,
        cast(pool_monthly_usd - coalesce(sum(gain_monthly_usd) over (
            partition by pool_id order by step rows between unbounded preceding and 1 preceding
        ), 0) as double) / sum(gpu_microseconds) over (
            partition by pool_id order by step rows between current row and unbounded following
        ) as level
    from stepped
),

charged as (
    select
        *,
        case
            when cast(gain_monthly_usd as double) <= level * gpu_microseconds then gain_monthly_usd
            else cast(max(level) over (partition by pool_id) * gpu_microseconds as decimal(38, 12))
        end as charge_usd,
        count(*) over (partition by pool_id) as members
    from levels
),

-- The last one takes what rounding left, so that all of them pay the pool to the last decimal.
paid as (
    select
        workload_id,
        case
            when step = members then cast(pool_monthly_usd - (sum(charge_usd) over (partition by pool_id) - charge_usd) as decimal(38, 12))
            else charge_usd
        end as allocated_monthly_usd
    from charged
)

select joined.*, paid.allocated_monthly_usd
from joined
left join paid on paid.workload_id = joined.workload_id
