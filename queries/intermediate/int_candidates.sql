-- One row per workload and model that may be proposed for it: catalogued text models other than the one in use.
--
-- grain:  workload_id, provider, model_id
-- method: M 4 (a workload's own list wins; else the providers that the run file allows; else the whole catalog)
with candidates as (
    select models.provider, models.model_id
    from models
    where models.output_modalities like '%text%'
)

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
-- Calls that name no workload are no workload: nobody could move them.
where int_workloads.workload_source <> 'unattributed'
    and (
        int_workloads.has_own_candidates and own.workload_id is not null
        or not int_workloads.has_own_candidates and (settings.candidate_providers = 0 or shared.provider is not null)
    )
    and (
        int_workloads.main_model_id is null
        or candidates.provider <> int_workloads.main_provider
        or candidates.model_id <> int_workloads.main_model_id
    )
