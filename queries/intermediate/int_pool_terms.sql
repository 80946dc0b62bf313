-- One row per pool of GPUs that the run file names: what a GPU costs a month, what it serves, and how a pool is sized.
--
-- grain:  pool_id
-- method: M 6.8 (a month is 730 hours; GPUs come whole, in copies of the model), 6.3 (people keep a pool, not a workload)
select
    gpu_pools.pool_id,
    gpu_pools.provider,
    gpu_pools.model_id,
    cast(
        cast(coalesce(gpu_pools.usd_per_gpu_hour, cast(rent.expected as decimal(38, 12))) as decimal(18, 6)) * cast(730 as decimal(4, 0))
        as decimal(38, 12)
    ) as gpu_monthly_usd,
    cast(hours.expected * expert.expected as decimal(38, 12)) as people_monthly_usd,
    cast(gpu_pools.prefill_tokens_per_second as double) as prefill_tokens_per_second,
    cast(gpu_pools.decode_tokens_per_second as double) as decode_tokens_per_second,
    -- What one copy of the model may be busy in an hour, in microseconds of a GPU.
    3600000000.0 * coalesce(gpu_pools.target_utilisation_ratio, busy.expected) * gpu_pools.gpus_per_copy as copy_microseconds,
    gpu_pools.gpus_per_copy,
    greatest(coalesce(gpu_pools.min_gpus, cast(fewest.expected as bigint)), gpu_pools.gpus_per_copy) as min_gpus,
    gpu_pools.max_gpus,
    gpu_pools.is_measured,
    gpu_pools.is_running,
    gpu_pools.residency,
    -- Weights at two bytes take at most four fifths of the memory: the rest is for what requests keep. Where the rates were
    -- measured the model has been served, so it fits.
    gpu_pools.is_measured
    or cast(models.params_total_b as double) * 2 <= gpu_pools.gpu_memory_gb * gpu_pools.gpus_per_copy * 0.8 as is_fitting
from gpu_pools
inner join int_parameters as rent on rent.name = 'gpu_usd_per_hour' and rent.scope = 'all'
inner join int_parameters as busy on busy.name = 'target_utilisation' and busy.scope = 'all'
inner join int_parameters as fewest on fewest.name = 'min_gpus' and fewest.scope = 'all'
inner join int_parameters as hours on hours.name = 'maintenance_hours_self_host' and hours.scope = 'all'
inner join int_parameters as expert on expert.name = 'expert_usd_per_hour' and expert.scope = 'all'
left join models on models.provider = gpu_pools.provider and models.model_id = gpu_pools.model_id
