-- The spend of calls that name no workload, when it is more than a tenth, or than the limit of the run file.
--
-- severity: warn
-- limit:    max_unattributed_share
-- because:  nobody can decide about spend that belongs to nobody (M 1.3)
select headline.spend_window_usd, headline.unattributed_usd
from headline
cross join int_limits
where headline.unattributed_usd > headline.spend_window_usd * int_limits.max_unattributed_share
