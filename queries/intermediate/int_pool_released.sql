-- One row per workload that a running pool serves: the GPUs that the pool needs without it, and what that saves a month.
--
-- grain:  pool_id, workload_id
-- method: M 6.8, EX-6.9 (whole released GPUs, never GPU-seconds times a rate)
with served as (
    select totals.*, int_pool_served.workload_id
    from int_pool_totals as totals
    inner join int_pool_served on int_pool_served.pool_id = totals.pool_id
),

busy as (
    select hours.pool_id, hours.event_date, hours.hour, sum(hours.gpu_microseconds) as gpu_microseconds
    from int_pool_hours as hours
    inner join served on served.pool_id = hours.pool_id and served.workload_id = hours.workload_id
    group by hours.pool_id, hours.event_date, hours.hour
),

left_over as (
    select served.pool_id, served.workload_id, max(busy.gpu_microseconds - coalesce(own.gpu_microseconds, 0)) as peak_microseconds
    from served
    inner join busy on busy.pool_id = served.pool_id
    left join int_pool_hours as own
        on own.pool_id = served.pool_id and own.workload_id = served.workload_id and own.event_date = busy.event_date and own.hour = busy.hour
    group by served.pool_id, served.workload_id
),

sized as (
    select
        served.*,
        greatest(
            served.min_gpus,
            cast(ceil(left_over.peak_microseconds / served.copy_microseconds) as bigint) * served.gpus_per_copy
        ) as gpus_without
    from served
    inner join left_over on left_over.pool_id = served.pool_id and left_over.workload_id = served.workload_id
)

select
    pool_id,
    workload_id,
    gpus_without,
    cast(cast(gpus - gpus_without as decimal(10, 0)) * gpu_monthly_usd as decimal(18, 2)) as released_monthly_usd
from sized
