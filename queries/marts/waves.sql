-- One row per workload that has something to be done: in which wave, after what, for how many hours.
--
-- grain:  workload_id
-- method: M 7.7 (quick wins first; inside a wave by value for an engineering hour, until its hours are used), 7.8
with planned as (
    select
        decisions.workload_id,
        decisions.action,
        decisions.recommendation_id,
        decisions.npv_usd,
        decisions.payback_months,
        decisions.risk_level,
        readiness.readiness_points,
        cast(case int_bundles.one_off_class
            when 'other_vendor' then held.integration_hours_other_vendor
            when 'post_train' then held.integration_hours_post_train
            when 'self_host' then held.integration_hours_self_host
            else held.integration_hours_config
        end as bigint) as effort_hours,
        bound.provider is not null as is_bound,
        case
            when decisions.action in ('EVALUATE_NEXT', 'PILOT') or int_bundles.adaptation in ('post_train', 'self_host') then 3
            when decisions.risk_points <= 4 and decisions.payback_months <= 3 and bound.provider is null
                and case when int_bundles.one_off_class in ('config') then held.integration_hours_config else 1000.0 end <= 40 then 1
            when decisions.payback_months <= 12 then 2
            else 3
        end as wave
    from decisions
    inner join int_bundles on int_bundles.recommendation_id = decisions.recommendation_id
    inner join int_workload_parameters as held on held.workload_id = decisions.workload_id
    inner join int_workload_readiness as readiness on readiness.workload_id = decisions.workload_id
    left join int_commitment_use as bound on bound.provider = decisions.from_provider
    where decisions.action in ('MOVE', 'MOVE_SPLIT', 'OPTIMIZE', 'EVALUATE_NEXT', 'PILOT')
),

valued as (
    select
        *,
        cast(npv_usd as double) / nullif(effort_hours, 0) as hour_worth,
        row_number() over (
            partition by wave order by cast(npv_usd as double) / nullif(effort_hours, 0) desc nulls last, workload_id
        ) as place
    from planned
)

select
    valued.workload_id,
    cast(valued.wave as bigint) as wave,
    cast(valued.place as bigint) as place,
    valued.action,
    valued.recommendation_id,
    valued.effort_hours,
    sum(valued.effort_hours) over (partition by valued.wave order by valued.place rows between unbounded preceding and current row)
        <= hours.wave_hours as is_within_hours,
    cast(valued.hour_worth as decimal(18, 2)) as npv_per_hour_usd,
    valued.payback_months,
    valued.risk_level,
    valued.is_bound as is_bound_by_commitment,
    valued.readiness_points
from valued
cross join (select max(expected) as wave_hours from int_parameters where name in ('wave_hours') and scope in ('all')) as hours
