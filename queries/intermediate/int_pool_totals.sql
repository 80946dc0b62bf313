-- One row per pool of GPUs: what it serves together, today or if its members move, on how many GPUs and at what cost.
--
-- grain:  pool_id
-- method: M 6.8 (peak of the sum of the pooled workloads)
with together as (
    select pool_id, workload_id from int_pool_served
    union all
    select pool_id, workload_id from int_pool_members where is_member
),

busy as (
    select hours.pool_id, hours.event_date, hours.hour, sum(hours.gpu_microseconds) as gpu_microseconds
    from int_pool_hours as hours
    inner join together on together.pool_id = hours.pool_id and together.workload_id = hours.workload_id
    group by hours.pool_id, hours.event_date, hours.hour
),

peaks as (
    select pool_id, max(gpu_microseconds) as peak_microseconds, sum(gpu_microseconds) as gpu_microseconds
    from busy
    group by pool_id
),

served as (
    select together.pool_id, sum(demand.output_tokens) as output_tokens, count(*) as workloads
    from together
    inner join int_pool_demand as demand on demand.pool_id = together.pool_id and demand.workload_id = together.workload_id
    group by together.pool_id
),

sized as (
    select
        terms.*,
        coalesce(peaks.gpu_microseconds, 0) as gpu_microseconds,
        coalesce(served.output_tokens, 0) as output_tokens,
        coalesce(served.workloads, 0) as workloads,
        greatest(
            terms.min_gpus,
            coalesce(cast(ceil(peaks.peak_microseconds / terms.copy_microseconds) as bigint), 0) * terms.gpus_per_copy
        ) as gpus
    from int_pool_terms as terms
    left join peaks on peaks.pool_id = terms.pool_id
    left join served on served.pool_id = terms.pool_id
)

select
    *,
    cast(cast(gpus as decimal(10, 0)) * gpu_monthly_usd + people_monthly_usd as decimal(38, 12)) as pool_monthly_usd,
    gpus * decode_tokens_per_second * 3600 * 730 as capacity_output_tokens
from sized
