-- One row per workload and way to adapt a model: the parameters of costs and evidence behind its bundles that nobody measured.
--
-- grain:  workload_id, adaptation
-- by_workload: yes
-- method: M 12 (ids of assumed and published values), 6.2, 6.3, 6.4, 6.7, 6.8
with adaptations as (
    select distinct workload_id, adaptation from int_bundles
),

-- What some pool of the run file leaves to the catalog.
pools as (
    select
        coalesce(bool_or(usd_per_gpu_hour is null), false) as is_rent_assumed,
        coalesce(bool_or(target_utilisation_ratio is null), false) as is_use_assumed,
        coalesce(bool_or(min_gpus is null), false) as is_least_assumed
    from gpu_pools
),

-- A value that the run file states, for all or for the workload, is the owner's word.
assumed as (
    select distinct adaptations.workload_id, adaptations.adaptation, shared.parameter_id
    from adaptations
    cross join pools
    inner join int_parameters as shared
        on shared.scope = 'all' and shared.class in ('assumption', 'published')
        and (
            shared.parameter_id in ('P-03', 'P-07', 'P-08', 'P-10', 'P-12')
            or shared.name in ('variance_blocks')
            or shared.name = case when adaptations.adaptation in ('post_train') then 'fade_tuned' else 'fade' end
            or adaptations.adaptation in ('post_train') and shared.name in ('post_train_usd')
            or adaptations.adaptation in ('self_host') and (
                shared.name in ('gpu_usd_per_hour') and pools.is_rent_assumed
                or shared.name in ('target_utilisation') and pools.is_use_assumed
                or shared.name in ('min_gpus') and pools.is_least_assumed
            )
        )
    left join int_parameters as own
        on own.scope = 'workload' and own.name = shared.name and own.key = adaptations.workload_id
    where own.name is null
)

select workload_id, adaptation, array_to_string(array_agg(parameter_id order by parameter_id), ', ') as parameter_ids
from assumed
group by workload_id, adaptation
