-- One row per candidate of the back-test: on how many items of its sample only one of the two models was right.
--
-- grain:      recommendation_id
-- stands_for: int_evidence_pairs
select
    backtest_id as recommendation_id,
    eval_set,
    method,
    rubric,
    '' as split_rule,
    pairs,
    only_in_use,
    only_candidate,
    from_right,
    to_right
from backtest_folds
where not is_self
