-- One row per candidate of the back-test, in the place of the gates: whatever answered the items passed them.
--
-- grain:      recommendation_id
-- stands_for: int_bundles_gated
select backtest_id as recommendation_id, false as is_blocked from backtest_folds where not is_self
