-- One row per workload and model that served it: the latency that 95 of 100 of its calls stayed within.
--
-- grain:  workload_id, model_id
-- method: M 4.1 (LATENCY: measured on the candidate), 4.4 (nearest rank over size buckets, upper edge)
with counts as (
    select workload_sizes.workload_id, workload_sizes.billed_model_id as model_id, workload_sizes.bucket, sum(workload_sizes.requests) as requests
    from workload_sizes
    cross join settings
    where workload_sizes.event_date >= settings.window_from
        and workload_sizes.event_date < settings.run_date
        and workload_sizes.dimension = 'latency'
        and workload_sizes.billed_model_id is not null
    group by workload_sizes.workload_id, workload_sizes.billed_model_id, workload_sizes.bucket
),

running as (
    select
        *,
        sum(requests) over (partition by workload_id, model_id order by bucket rows between unbounded preceding and current row) as so_far,
        sum(requests) over (partition by workload_id, model_id) as total
    from counts
)

select workload_id, model_id, max(total) as requests, min(bucket) filter (where so_far >= (95 * total + 99) / 100) as p95
from running
group by workload_id, model_id
