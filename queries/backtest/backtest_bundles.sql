-- One row per candidate of the back-test, in the place of the bundles of a run.
--
-- grain:      recommendation_id
-- stands_for: int_bundles
select
    backtest_id as recommendation_id,
    case_id as workload_id,
    to_provider,
    to_model_id,
    cast(null as varchar) as to_service_tier,
    cast(null as varchar) as cache_mode,
    cast(null as varchar) as reasoning_effort,
    cast(null as double) as static_kept_ratio,
    'lever_smaller_model' as lever,
    'none' as adaptation,
    cast(null as varchar) as split_rule,
    false as is_same_model,
    true as needs_verdict
from backtest_folds
where not is_self
