-- One row per workload and dimension: nearest-rank quantiles over the decision window, as upper bucket edges.
--
-- grain:  workload_id, dimension
-- method: M 4.4 (rank (999 n + 999) div 1000 for p99.9), EX-4.2
with counts as (
    select workload_sizes.workload_id, workload_sizes.dimension, workload_sizes.bucket, sum(workload_sizes.requests) as requests
    from workload_sizes
    cross join settings
    where workload_sizes.event_date >= settings.window_from and workload_sizes.event_date < settings.run_date
    group by workload_sizes.workload_id, workload_sizes.dimension, workload_sizes.bucket
),

running as (
    select
        workload_id,
        dimension,
        bucket,
        -- Requests up to and including the bucket, and of the whole workload.
        sum(requests) over (
            partition by workload_id, dimension order by bucket rows between unbounded preceding and current row
        ) as so_far,
        sum(requests) over (partition by workload_id, dimension) as total
    from counts
)

select
    workload_id,
    dimension,
    max(total) as requests,
    min(bucket) filter (where so_far >= (50 * total + 99) / 100) as p50,
    min(bucket) filter (where so_far >= (95 * total + 99) / 100) as p95,
    min(bucket) filter (where so_far >= (99 * total + 99) / 100) as p99,
    min(bucket) filter (where so_far >= (999 * total + 999) / 1000) as p999
from running
group by workload_id, dimension
