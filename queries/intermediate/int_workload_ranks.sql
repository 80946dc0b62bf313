-- One row per workload: its place by spend and by calls, and which of the four quadrants of cost and frequency it is in.
--
-- grain:  workload_id
-- method: M 7.4 (whole numbers and decimals are compared, no share is rounded), 7.5
with running as (
    select
        workload_id,
        cost_usd,
        logical_requests,
        row_number() over (order by cost_usd desc, workload_id) as spend_rank,
        sum(cost_usd) over (order by cost_usd desc, workload_id rows between unbounded preceding and current row) as spend_so_far,
        sum(cost_usd) over () as spend,
        row_number() over (order by logical_requests desc, workload_id) as calls_rank,
        sum(logical_requests) over (order by logical_requests desc, workload_id rows between unbounded preceding and current row) as calls_so_far,
        sum(logical_requests) over () as calls
    from int_workloads
),

judged as (
    select
        *,
        spend > 0 and (spend_so_far - cost_usd) * 100 < spend * 80 as is_in_k80,
        calls > 0 and (calls_so_far - logical_requests) * 100 < calls * 80 as is_frequent,
        -- Dearer than the mean call of all workloads, without a division.
        cost_usd * calls > spend * logical_requests as is_dear
    from running
)

select
    workload_id,
    cost_usd,
    logical_requests,
    spend,
    calls,
    cast(spend_rank as bigint) as spend_rank,
    cast(calls_rank as bigint) as calls_rank,
    is_in_k80,
    is_frequent,
    is_dear,
    case
        when is_frequent and is_dear then 'fix first'
        when is_frequent then 'batch, cache, pool'
        when is_dear then 'keep the heavy model, trim and cache'
        else 'leave'
    end as quadrant
from judged
