-- One row per workload and pool of GPUs that the run file names: serve its model there.
--
-- grain:        workload_id, to_provider, to_model_id
-- title:        Serve the model on own GPUs
-- why_it_costs: a provider's price by the token pays for idle machines of its own
-- assumes:      tokens cost nothing more; the pool costs whole GPUs for its busiest hour, and people (M 6.8, 6.3)
-- wrong_when:   the throughput was not measured on this traffic, or the pool loses the workloads that fill it
-- method:       M 6.8, 7.3
select
    int_workloads.workload_id,
    'lever_self_host' as lever,
    gpu_pools.provider as to_provider,
    gpu_pools.model_id as to_model_id,
    'self_hosted' as to_service_tier,
    cast(null as varchar) as cache_mode,
    cast(null as double) as static_kept_ratio,
    cast(null as varchar) as reasoning_effort,
    'self_host' as adaptation,
    cast(null as varchar) as split_rule,
    'self_host' as one_off_class,
    -- What the pool costs the workload depends on who else is in it.
    cast(null as decimal(38, 12)) as fixed_usd_per_month,
    concat('pool ', gpu_pools.pool_id, ' serves the model') as reason
from int_workloads
cross join gpu_pools
left join workload_candidates as own
    on own.workload_id = int_workloads.workload_id
    and own.provider = gpu_pools.provider
    and own.model_id = gpu_pools.model_id
where int_workloads.workload_source <> 'unattributed'
    and (not int_workloads.has_own_candidates or own.workload_id is not null)
    and (
        int_workloads.main_model_id is null
        or gpu_pools.provider <> int_workloads.main_provider
        or gpu_pools.model_id <> int_workloads.main_model_id
    )
