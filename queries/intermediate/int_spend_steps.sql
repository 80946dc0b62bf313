-- One row per workload: the steps from what it cost in the previous window to what it cost in this one, one change at a time.
--
-- grain:  workload_id
-- method: M 0.4 (steps are decimals, so that the effects between them add up without a residual)
with sides as (
    select
        workload_id,
        provider,
        billed_model_id,
        service_tier,
        cast(coalesce(sum(case when not is_current then requests end), 0) as double) as requests_0,
        cast(coalesce(sum(case when is_current then requests end), 0) as double) as requests_1,
        cast(coalesce(sum(case when not is_current then priced_requests end), 0) as double) as priced_0,
        cast(coalesce(sum(case when is_current then priced_requests end), 0) as double) as priced_1,
        cast(coalesce(sum(case when not is_current then reference_usd end), 0) as double) as usd_0,
        cast(coalesce(sum(case when is_current then reference_usd end), 0) as double) as usd_1
    from int_two_windows
    group by workload_id, provider, billed_model_id, service_tier
),

-- Calls without a price count as the priced ones beside them; where a window has none of those, nothing can be compared, and
-- what the other one costs is the effect `unpriced`.
tiers as (
    select
        workload_id,
        provider,
        billed_model_id,
        service_tier,
        case when is_known then requests_0 else 0.0 end as requests_0,
        case when is_known then requests_1 else 0.0 end as requests_1,
        case when is_known then coalesce(usd_0 * requests_0 / nullif(priced_0, 0.0), 0.0) else 0.0 end as usd_0,
        case when is_known then coalesce(usd_1 * requests_1 / nullif(priced_1, 0.0), 0.0) else 0.0 end as usd_1
    from (
        select *, (requests_0 = 0 or priced_0 > 0) and (requests_1 = 0 or priced_1 > 0) as is_known from sides
    ) as known
),

models as (
    select workload_id, provider, billed_model_id, sum(requests_0) as requests_0, sum(requests_1) as requests_1,
        sum(usd_0) as usd_0, sum(usd_1) as usd_1
    from tiers
    group by workload_id, provider, billed_model_id
),

-- Each request of this window at what one cost before, by model, then by model and tier. What is new stands for itself.
by_model as (
    select
        workload_id,
        sum(cast(case when requests_0 > 0 then requests_1 * (usd_0 / requests_0) else usd_1 end as decimal(38, 12))) as usd
    from models
    group by workload_id
),

by_tier as (
    select
        workload_id,
        sum(cast(case when requests_0 > 0 then requests_1 * (usd_0 / requests_0) else usd_1 end as decimal(38, 12))) as usd
    from tiers
    group by workload_id
),

counted as (
    select
        workload_id,
        sum(requests) filter (where not is_current) as requests_0,
        sum(requests) filter (where is_current) as requests_1,
        cast(coalesce(sum(cost_usd) filter (where not is_current), 0) as decimal(38, 12)) as cost_0_usd,
        cast(coalesce(sum(cost_usd) filter (where is_current), 0) as decimal(38, 12)) as cost_1_usd,
        cast(coalesce(sum(reference_usd) filter (where not is_current), 0) as decimal(38, 12)) as reference_0_usd,
        cast(coalesce(sum(reference_usd) filter (where is_current), 0) as decimal(38, 12)) as reference_1_usd
    from int_two_windows
    group by workload_id
),

-- All calls as if priced.
workloads_of_both as (
    select
        workload_id,
        sum(requests_0) as requests_0,
        sum(requests_1) as requests_1,
        sum(usd_0) as usd_0,
        sum(usd_1) as usd_1
    from tiers
    group by workload_id
),

all_of_both as (
    select sum(requests_0) as requests_0, sum(requests_1) as requests_1 from workloads_of_both
)

select
    both_windows.workload_id,
    coalesce(counted.requests_0, 0) as requests_0,
    coalesce(counted.requests_1, 0) as requests_1,
    counted.cost_0_usd,
    counted.reference_0_usd,
    cast(both_windows.usd_0 as decimal(38, 12)) as full_0_usd,
    -- All workloads grow alike.
    cast(case
        when all_of_both.requests_0 > 0 then both_windows.usd_0 * (all_of_both.requests_1 / all_of_both.requests_0) else 0.0
    end as decimal(38, 12)) as after_volume_usd,
    -- Each grows as it did; a new workload enters at what it costs.
    cast(case
        when both_windows.requests_0 > 0 then both_windows.usd_0 * (both_windows.requests_1 / both_windows.requests_0)
        else both_windows.usd_1
    end as decimal(38, 12)) as after_mix_usd,
    cast(case when both_windows.requests_0 > 0 then by_model.usd else both_windows.usd_1 end as decimal(38, 12)) as after_model_usd,
    cast(case when both_windows.requests_0 > 0 then by_tier.usd else both_windows.usd_1 end as decimal(38, 12)) as after_tier_usd,
    cast(both_windows.usd_1 as decimal(38, 12)) as full_1_usd,
    counted.reference_1_usd,
    counted.cost_1_usd
from workloads_of_both as both_windows
cross join all_of_both
inner join counted on counted.workload_id = both_windows.workload_id
inner join by_model on by_model.workload_id = both_windows.workload_id
inner join by_tier on by_tier.workload_id = both_windows.workload_id
