-- Sources of calls of which not one has usage.
--
-- severity: warn
-- because:  a field of the format may be named otherwise in these logs: compare one record with `trimtab explain FORMAT`
select source, format, calls, usage_missing
from coverage
where event_date is null and calls > 0 and usage_missing = calls
