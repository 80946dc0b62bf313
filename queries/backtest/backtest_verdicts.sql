-- One row per candidate, fold and sample: what the paired test says on its items.
--
-- grain:  backtest_id
-- after:  int_bundles_proven
-- method: M 5.4, 5.5 (Holm over all candidates of the workload), 10.3 (confirmed: the upper limit lies below the margin)
select
    folds.*,
    tests.margin,
    proven.verdict,
    proven.verdict_unadjusted,
    coalesce(tests.z_margin > tests.z95, false) as is_surely_worse
from backtest_folds as folds
left join int_bundles_proven as proven on proven.recommendation_id = folds.backtest_id
left join int_evidence_tests as tests on tests.recommendation_id = folds.backtest_id
