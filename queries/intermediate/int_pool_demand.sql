-- One row per workload and pool: how many GPUs it would keep busy, and what the pool would cost if it served nothing else.
--
-- grain:  pool_id, workload_id
-- method: M 6.8 (GPUs for the busiest hour at the target utilisation, never fewer than the pool's least)
with summed as (
    select
        pool_id,
        workload_id,
        max(gpu_microseconds) as peak_microseconds,
        sum(gpu_microseconds) as gpu_microseconds,
        sum(output_tokens) as output_tokens
    from int_pool_hours
    group by pool_id, workload_id
),

sized as (
    select
        summed.*,
        terms.gpu_monthly_usd,
        terms.people_monthly_usd,
        greatest(
            terms.min_gpus,
            cast(ceil(summed.peak_microseconds / terms.copy_microseconds) as bigint) * terms.gpus_per_copy
        ) as gpus_alone
    from summed
    inner join int_pool_terms as terms on terms.pool_id = summed.pool_id
)

select
    int_bundles.recommendation_id,
    sized.pool_id,
    sized.workload_id,
    sized.peak_microseconds,
    sized.gpu_microseconds,
    sized.output_tokens,
    sized.gpus_alone,
    cast(cast(sized.gpus_alone as decimal(10, 0)) * sized.gpu_monthly_usd + sized.people_monthly_usd as decimal(38, 12)) as alone_monthly_usd
from sized
inner join int_pool_terms as terms on terms.pool_id = sized.pool_id
left join int_bundles
    on int_bundles.workload_id = sized.workload_id and int_bundles.adaptation in ('self_host')
    and int_bundles.to_provider = terms.provider and int_bundles.to_model_id = terms.model_id
