-- One row per workload and automatic router of a provider that others already go through: send everything there.
--
-- grain:        workload_id, to_provider, to_model_id
-- title:        Let the provider's router choose the model
-- why_it_costs: simple calls pay for the model that difficult ones need
-- assumes:      the router sends these calls to its models in the shares in which it sends those of others
-- wrong_when:   the calls differ from those that the shares come from, or the provider changes what stands behind the name
-- method:       M 1.1
with routers as (
    select distinct provider, router_id from int_routers
),

behind as (
    select distinct workload_cube.workload_id, workload_cube.provider, workload_cube.requested_model_id as router_id
    from workload_cube
    cross join settings
    where workload_cube.event_date >= settings.window_from and workload_cube.event_date < settings.run_date
)

select
    int_workloads.workload_id,
    'lever_auto_router' as lever,
    routers.provider as to_provider,
    routers.router_id as to_model_id,
    cast(null as varchar) as to_service_tier,
    cast(null as varchar) as cache_mode,
    cast(null as double) as static_kept_ratio,
    cast(null as varchar) as reasoning_effort,
    'none' as adaptation,
    cast(null as varchar) as split_rule,
    case when routers.provider = int_workloads.main_provider then 'config' else 'other_vendor' end as one_off_class,
    cast(null as decimal(38, 12)) as fixed_usd_per_month,
    'its replies are billed as several models, to other workloads' as reason
from int_workloads
cross join routers
cross join settings
left join behind
    on behind.workload_id = int_workloads.workload_id and behind.provider = routers.provider and behind.router_id = routers.router_id
left join workload_candidates as own
    on own.workload_id = int_workloads.workload_id and own.provider = routers.provider and own.model_id = routers.router_id
left join (select distinct provider from workload_candidates where workload_id is null) as shared on shared.provider = routers.provider
where int_workloads.workload_source <> 'unattributed'
    and behind.workload_id is null
    and case
        when int_workloads.has_own_candidates then own.workload_id is not null
        else settings.candidate_providers = 0 or shared.provider is not null
    end
