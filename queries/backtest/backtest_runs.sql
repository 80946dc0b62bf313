-- One row per model of a back-tested case: that it was evaluated.
--
-- grain:      workload_id, provider, model_id
-- stands_for: int_evidence_runs
select case_id as workload_id, to_provider as provider, to_model_id as model_id, 'none' as adaptation
from backtest_folds
