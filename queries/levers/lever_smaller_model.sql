-- One row per workload and catalogued model that it does not mainly use: move everything there, change nothing else.
--
-- grain:        workload_id, to_provider, to_model_id
-- title:        Move to a smaller model
-- why_it_costs: the workload pays for ability that its requests do not use
-- assumes:      token counts scale by the pair's ratios (M 3.1); a discount on the old model does not carry over (M 2.6)
-- wrong_when:   the evaluation set differs from the traffic, or the target retires within the horizon
-- method:       M 3, M 4
with candidates as (
    select models.provider, models.model_id
    from models
    where models.output_modalities like '%text%'
),

-- A workload's own list wins; else the providers that the run file allows; else the whole catalog.
allowed as (
    select int_workloads.workload_id, candidates.provider, candidates.model_id
    from int_workloads
    cross join candidates
    cross join settings
    left join workload_candidates as own
        on own.workload_id = int_workloads.workload_id
        and own.provider = candidates.provider
        and own.model_id = candidates.model_id
    left join workload_candidates as shared
        on shared.workload_id is null and shared.provider = candidates.provider
    where (int_workloads.has_own_candidates and own.workload_id is not null)
        or (not int_workloads.has_own_candidates and (settings.candidate_providers = 0 or shared.provider is not null))
)

select
    allowed.workload_id,
    'lever_smaller_model' as lever,
    allowed.provider as to_provider,
    allowed.model_id as to_model_id,
    cast(null as varchar) as to_service_tier,
    cast(null as varchar) as cache_mode,
    cast(null as double) as static_kept_ratio,
    cast(null as varchar) as reasoning_effort,
    'none' as adaptation,
    cast(null as varchar) as split_rule,
    case when allowed.provider = int_workloads.main_provider then 'config' else 'other_vendor' end as one_off_class,
    cast(null as decimal(38, 12)) as fixed_usd_per_month,
    'catalogued text model other than the one in use' as reason
from allowed
inner join int_workloads on int_workloads.workload_id = allowed.workload_id
-- Calls that name no workload are no workload: nobody could move them.
where int_workloads.workload_source <> 'unattributed'
    and (
        int_workloads.main_model_id is null
        or allowed.provider <> int_workloads.main_provider
        or allowed.model_id <> int_workloads.main_model_id
    )
