-- One row per workload that a running pool serves today.
--
-- grain:  pool_id, workload_id
-- method: M 6.8 (the model in use may be self-hosted)
select int_pool_terms.pool_id, int_workloads.workload_id
from int_pool_terms
inner join int_workloads
    on int_workloads.main_provider = int_pool_terms.provider and int_workloads.main_model_id = int_pool_terms.model_id
where int_pool_terms.is_running
