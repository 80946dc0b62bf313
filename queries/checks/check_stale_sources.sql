-- Sources that have given no rows for longer than they may.
--
-- severity: warn
-- limit:    stale_after_hours
-- because:  what they would show is missing here; a source may have a stale_after_hours of its own in the run file
select source, latest_event_date, silent_hours, stale_after_hours
from int_source_freshness
where is_stale
