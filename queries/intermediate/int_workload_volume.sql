-- One row per workload: how its volume varies from week to week, as the spread of a month's and of a horizon's volume.
--
-- grain:  workload_id
-- method: M 6.7, EX-6.6 (whole blocks of seven days; predictive variance s^2 w (1 + w / J); fewer than 4 blocks: half the mean)
with days as (
    select
        workload_cube.workload_id,
        cast((date_part('epoch', settings.run_date) - date_part('epoch', workload_cube.event_date)) / 86400 as bigint) - 1 as days_ago,
        sum(workload_cube.logical_requests) as logical_requests
    from workload_cube
    cross join settings
    where workload_cube.event_date < settings.run_date and workload_cube.event_date >= settings.run_date - interval '182 days'
    group by workload_cube.workload_id, settings.run_date, workload_cube.event_date
),

blocks as (
    select days.workload_id, days.days_ago / 7 as block, sum(days.logical_requests) as volume
    from days
    group by days.workload_id, days.days_ago / 7
),

counted as (
    select
        maturity.workload_id,
        least(cast(held.variance_blocks as bigint), maturity.age_days / 7) as blocks,
        held.horizon_months
    from int_workload_maturity as maturity
    inner join int_workload_parameters as held on held.workload_id = maturity.workload_id
),

sums as (
    select
        counted.workload_id,
        counted.blocks,
        counted.horizon_months * 365.0 / 84.0 as horizon_weeks,
        cast(coalesce(sum(blocks.volume), 0) as double) / nullif(counted.blocks, 0) as mean,
        cast(coalesce(sum(blocks.volume * blocks.volume), 0) as double) as squares
    from counted
    left join blocks on blocks.workload_id = counted.workload_id and blocks.block < counted.blocks
    group by counted.workload_id, counted.blocks, counted.horizon_months
),

spread as (
    select *, greatest(squares - blocks * mean * mean, 0.0) / nullif(blocks - 1, 0) as variance from sums
)

select
    workload_id,
    blocks,
    mean as week_mean,
    variance as week_variance,
    -- Standard deviation as a share of the mean.
    case
        when blocks >= 4 and mean > 0 then sqrt(variance * (365.0 / 84.0) * (1 + (365.0 / 84.0) / blocks)) / (mean * 365.0 / 84.0)
        else 0.5
    end as month_spread,
    case
        when blocks >= 4 and mean > 0 then sqrt(variance * horizon_weeks * (1 + horizon_weeks / blocks)) / (mean * horizon_weeks)
        else 0.5
    end as horizon_spread
from spread
