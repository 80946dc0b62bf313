-- Sources of calls whose newest complete day has far fewer rows than that weekday had in the four weeks before.
--
-- severity: warn
-- limit:    min_share_of_weekday
-- because:  a part of its logs may be missing, and what is missing looks like money saved; if its logs come later, state late_days
select source, day, rows_of_day, usual_rows
from int_source_freshness
where is_dropped
