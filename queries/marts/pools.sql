-- One row per pool of GPUs of the run file, and one per workload that it would serve or serves.
--
-- grain:  pool_id, workload_id
-- method: M 6.8, 7.3 (welfare, then capped shares; of a pool that runs only whole released GPUs are saved)
with months as (
    select cast(month_factor_numerator as double) / month_factor_denominator as factor from settings
),

totals as (
    select int_pool_totals.*, int_pool_totals.output_tokens * months.factor as tokens_per_month
    from int_pool_totals
    cross join months
),

welfare as (
    select pool_id, max(welfare_monthly_usd) as usd from int_pool_members group by pool_id
),

-- What the members pay today: at that price for a token of an answer the pool breaks even.
bills as (
    select members.pool_id, sum(costs.source_month_usd) as usd
    from int_pool_members as members
    inner join int_bundle_costs as costs on costs.recommendation_id = members.recommendation_id
    where members.is_member
    group by members.pool_id
)

select
    totals.pool_id,
    cast(null as varchar) as workload_id,
    case when totals.is_running then 'RUNNING' when totals.workloads > 0 then 'OPEN' else 'NOT_OPENED' end as status,
    totals.provider,
    totals.model_id,
    cast(null as varchar) as recommendation_id,
    totals.is_measured,
    totals.gpus,
    cast(totals.pool_monthly_usd as decimal(18, 2)) as pool_monthly_usd,
    cast(totals.tokens_per_month as bigint) as output_tokens_per_month,
    cast(totals.capacity_output_tokens as bigint) as capacity_output_tokens_per_month,
    round(totals.tokens_per_month / totals.capacity_output_tokens, 6) as utilisation_share,
    cast(cast(totals.pool_monthly_usd as double) * 1000000 / nullif(totals.tokens_per_month, 0.0) as decimal(18, 6)) as usd_per_output_mtok,
    cast(round(cast(totals.pool_monthly_usd as double) * totals.tokens_per_month / nullif(bills.usd, 0.0)) as bigint)
        as break_even_output_tokens,
    cast(null as double) as gpu_seconds_share,
    cast(welfare.usd as decimal(18, 2)) as gain_monthly_usd,
    cast(null as decimal(18, 2)) as alone_monthly_usd,
    cast(null as decimal(38, 12)) as allocated_monthly_usd,
    cast(null as bigint) as gpus_without,
    cast(null as decimal(18, 2)) as released_monthly_usd
from totals
left join welfare on welfare.pool_id = totals.pool_id
left join bills on bills.pool_id = totals.pool_id
union all
select
    demand.pool_id,
    demand.workload_id,
    case
        when released.workload_id is not null then 'SERVED'
        when members.is_member then 'MEMBER'
        when members.workload_id is null and proven.verdict not in ('NON_INFERIOR') then 'NOT_PROVEN'
        when risks.risk_points > costs.appetite_points then 'NEEDS_SIGN_OFF'
        else 'OUTSIDE'
    end,
    totals.provider,
    totals.model_id,
    demand.recommendation_id,
    totals.is_measured,
    demand.gpus_alone,
    cast(null as decimal(18, 2)),
    cast(demand.output_tokens * months.factor as bigint),
    cast(null as bigint),
    cast(null as double),
    cast(null as decimal(18, 6)),
    cast(null as bigint),
    case
        when members.is_member or released.workload_id is not null
            then cast(demand.gpu_microseconds as double) / nullif(totals.gpu_microseconds, 0)
    end,
    cast(members.gain_monthly_usd as decimal(18, 2)),
    cast(demand.alone_monthly_usd as decimal(18, 2)),
    members.allocated_monthly_usd,
    released.gpus_without,
    released.released_monthly_usd
from int_pool_demand as demand
cross join months
inner join totals on totals.pool_id = demand.pool_id
left join int_bundles_proven as proven on proven.recommendation_id = demand.recommendation_id
left join int_bundle_risks as risks on risks.recommendation_id = demand.recommendation_id
left join int_bundle_costs as costs on costs.recommendation_id = demand.recommendation_id
left join int_pool_members as members on members.pool_id = demand.pool_id and members.workload_id = demand.workload_id
left join int_pool_released as released on released.pool_id = demand.pool_id and released.workload_id = demand.workload_id
