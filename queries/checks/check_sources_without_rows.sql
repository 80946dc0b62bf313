-- Sources that give nothing: no object was found, or logs of their format hold no token counts.
--
-- severity: warn
-- because:  spend that only such a source could show is missing here; the column note of coverage says why
select source, format, note
from coverage
where event_date is null and rows_in = 0
