-- One row per workload and model that may be proposed for it: catalogued text models other than the one in use.
--
-- grain:  workload_id, provider, model_id
-- by_workload: yes
-- method: M 4 (a workload's own list wins; else the providers that the run file allows; else the whole catalog)
with candidates as (
    select models.provider, models.model_id
    from models
    where models.output_modalities like '%text%'
),

-- Each side on its own: every workload beside every model, only to drop nearly all of them, took most of the time.
allowed as (
    select int_workloads.workload_id, candidates.provider, candidates.model_id
    from int_workloads
    inner join workload_candidates as own on own.workload_id = int_workloads.workload_id
    inner join candidates on candidates.provider = own.provider and candidates.model_id = own.model_id
    where int_workloads.has_own_candidates
    union all
    select int_workloads.workload_id, candidates.provider, candidates.model_id
    from int_workloads
    cross join candidates
    cross join settings
    left join (select distinct provider from workload_candidates where workload_id is null) as shared
        on shared.provider = candidates.provider
    where not int_workloads.has_own_candidates and (settings.candidate_providers = 0 or shared.provider is not null)
)

select allowed.workload_id, allowed.provider, allowed.model_id
from allowed
inner join int_workloads on int_workloads.workload_id = allowed.workload_id
-- Calls that name no workload are no workload: nobody could move them.
where int_workloads.workload_source <> 'unattributed'
    and (
        int_workloads.main_model_id is null
        or allowed.provider <> int_workloads.main_provider
        or allowed.model_id <> int_workloads.main_model_id
    )
