-- One row per workload that may join a pool: what it would gain a month over its own best other way, before the pool's cost.
--
-- grain:  workload_id
-- by_workload: yes
-- method: M 7.3 (gain over its own best alternative), 7.2 (only what is proven, and within the appetite, may be taken),
--         6.1 (after every cost: what is paid once is spread over the horizon)
with monthly as (
    select
        costs.recommendation_id,
        costs.workload_id,
        demand.pool_id,
        demand.gpu_microseconds,
        costs.gross_usd - costs.maintenance_usd + coalesce(cast(demand.alone_monthly_usd as double), 0.0) - costs.rework_usd
            - (costs.integration_usd + costs.evaluation_usd) / costs.horizon_months as net_usd
    from int_bundle_costs as costs
    inner join int_bundles_proven as proven on proven.recommendation_id = costs.recommendation_id
    inner join int_bundle_risks as risks on risks.recommendation_id = costs.recommendation_id
    inner join int_workload_maturity as maturity on maturity.workload_id = costs.workload_id
    left join int_pool_demand as demand on demand.recommendation_id = costs.recommendation_id
    where (not costs.needs_verdict or proven.verdict in ('NON_INFERIOR'))
        and risks.risk_points <= costs.appetite_points
        and costs.horizon_months > 0
        and (demand.pool_id is null or maturity.stage in ('MATURE') and not costs.is_hosting_unknown)
),

others as (
    select workload_id, max(net_usd) as net_usd from monthly where pool_id is null group by workload_id
),

gains as (
    select
        monthly.*,
        cast(monthly.net_usd - greatest(coalesce(others.net_usd, 0.0), 0.0) as decimal(38, 12)) as gain_monthly_usd,
        row_number() over (
            partition by monthly.workload_id order by monthly.net_usd desc, monthly.pool_id
        ) as place
    from monthly
    left join others on others.workload_id = monthly.workload_id
    where monthly.pool_id is not null
)

-- A workload has one decision, so it stands in one pool: the one where it gains most.
select recommendation_id, workload_id, pool_id, gpu_microseconds, gain_monthly_usd
from gains
where place = 1 and gain_monthly_usd > 0 and gpu_microseconds > 0
