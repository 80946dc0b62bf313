-- One row per workload, model in use, fold and sample of the back-test: the parameters that hold for the workload.
--
-- grain:      workload_id
-- stands_for: int_workload_parameters
select folds.case_id as workload_id, held.* exclude (workload_id)
from backtest_folds as folds
inner join int_workload_parameters as held on held.workload_id = folds.workload_id
where folds.is_self
