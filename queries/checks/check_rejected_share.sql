-- Sources of which more rows were rejected than the parameter max_rejected_share allows, and bills with a faulty object.
--
-- severity: error
-- limit:    max_rejected_share
-- because:  a report over a source that is partly unread is false; if it is meant, raise the parameter max_rejected_share
--           (C-01) in the run file. A source that left the run file counts as well, for what it gave stays in the figures
select coverage.source, coverage.rows_in, coverage.rows_rejected, coverage.objects_faulty
from coverage
cross join int_limits
where coverage.event_date is null
    and (
        cast(coverage.rows_rejected as double) > int_limits.max_rejected_share * coverage.rows_in
        or (coverage.objects_faulty > 0 and coverage.source in (select repeats.source from repeats where repeats.contract = 'charges'))
    )
