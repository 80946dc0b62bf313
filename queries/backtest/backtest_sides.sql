-- One row per candidate of the back-test: the two evaluations that are compared, on the items of its sample.
--
-- grain:      recommendation_id
-- stands_for: int_evidence_sides
select
    folds.backtest_id as recommendation_id,
    folds.case_id as workload_id,
    folds.eval_set,
    folds.method,
    folds.rubric,
    '' as split_rule,
    folds.to_provider,
    folds.to_model_id,
    'none' as adaptation,
    '' as to_run_id,
    '' as from_run_id,
    folds.from_provider,
    folds.from_model_id,
    true as has_items,
    candidate.pairs as to_items,
    candidate.from_right as to_right,
    in_use.pairs as from_items,
    in_use.from_right,
    cast(0 as bigint) as clustered_items,
    cast(0 as bigint) as clusters,
    cast(0 as bigint) as contradicted_items,
    cast(null as varchar) as template_id,
    false as is_vendor_made,
    folds.scored_on
from backtest_folds as folds
inner join backtest_folds as in_use on in_use.is_self and in_use.case_id = folds.case_id
inner join backtest_folds as candidate
    on candidate.is_self and candidate.sample = folds.sample and candidate.fold = folds.fold
    and candidate.workload_id = folds.workload_id and candidate.from_provider = folds.to_provider
    and candidate.from_model_id = folds.to_model_id
where not folds.is_self
