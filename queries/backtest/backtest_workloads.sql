-- One row per workload, model in use, fold and sample of the back-test, in the place of the workloads of a run.
--
-- grain:      workload_id
-- stands_for: int_workloads
select
    folds.case_id as workload_id,
    folds.from_provider as main_provider,
    folds.from_model_id as main_model_id,
    coalesce(workload_facts.criticality, 'medium') as criticality
from backtest_folds as folds
left join workload_facts on workload_facts.workload_id = folds.workload_id
where folds.is_self
