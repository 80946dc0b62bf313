-- The spend of calls that name no workload, when it is more than a tenth.
--
-- severity: warn
-- because:  nobody can decide about spend that belongs to nobody (M 1.3)
select spend_window_usd, unattributed_usd
from headline
where unattributed_usd * 10 > spend_window_usd
