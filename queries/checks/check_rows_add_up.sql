-- Sources whose rows in are not kept + repeated + rejected.
--
-- severity: error
-- because:  nothing may be dropped in silence
select source, event_date, rows_in, rows_kept, rows_repeated, rows_rejected
from coverage
where rows_in <> rows_kept + rows_repeated + coalesce(rows_rejected, 0)
