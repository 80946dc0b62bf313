-- One row per pool and number of workloads in it: the GPUs for their busiest hour together, and what all of them gain.
--
-- grain:  pool_id, place
-- method: M 7.3 (workloads by gain for a GPU-second; the pool's cost is a step function of whole GPUs), 6.8 (peak of the sum)
with placed as (
    select
        *,
        row_number() over (
            partition by pool_id order by cast(gain_monthly_usd as double) / gpu_microseconds desc, workload_id
        ) as place
    from int_pool_gains
),

running as (
    select
        placed.pool_id,
        placed.place,
        sum(hours.gpu_microseconds) over (
            partition by hours.pool_id, hours.event_date, hours.hour order by placed.place rows between unbounded preceding and current row
        ) as gpu_microseconds
    from placed
    inner join int_pool_hours as hours on hours.pool_id = placed.pool_id and hours.workload_id = placed.workload_id
),

-- What is busy in an hour only grows with the workloads, so the peak of some is the highest sum that any of them reached.
peaks as (
    select pool_id, place, max(gpu_microseconds) as gpu_microseconds from running group by pool_id, place
),

grown as (
    select
        placed.*,
        max(peaks.gpu_microseconds) over (
            partition by placed.pool_id order by placed.place rows between unbounded preceding and current row
        ) as peak_microseconds,
        sum(placed.gain_monthly_usd) over (
            partition by placed.pool_id order by placed.place rows between unbounded preceding and current row
        ) as all_gain_usd
    from placed
    inner join peaks on peaks.pool_id = placed.pool_id and peaks.place = placed.place
),

sized as (
    select
        grown.*,
        terms.max_gpus,
        terms.gpu_monthly_usd,
        terms.people_monthly_usd,
        greatest(
            terms.min_gpus,
            cast(ceil(grown.peak_microseconds / terms.copy_microseconds) as bigint) * terms.gpus_per_copy
        ) as gpus
    from grown
    inner join int_pool_terms as terms on terms.pool_id = grown.pool_id
)

select
    pool_id,
    place,
    workload_id,
    recommendation_id,
    gpu_microseconds,
    peak_microseconds,
    gain_monthly_usd,
    gpus,
    coalesce(gpus <= max_gpus, true) as is_available,
    cast(cast(gpus as decimal(10, 0)) * gpu_monthly_usd + people_monthly_usd as decimal(38, 12)) as pool_monthly_usd,
    cast(all_gain_usd - (cast(gpus as decimal(10, 0)) * gpu_monthly_usd + people_monthly_usd) as decimal(38, 12)) as welfare_monthly_usd
from sized
