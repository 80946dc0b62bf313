-- The run date, when no call lies in the window before it.
--
-- severity: warn
-- because:  a page of zeros is no answer: the run date or the sources are wrong, or nothing was logged
select run_date, window_from
from headline
where requests = 0
