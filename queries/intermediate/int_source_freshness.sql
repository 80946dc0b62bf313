-- One row per source of the run file: how far its rows reach, and whether its newest complete day has as many as that weekday had before.
--
-- grain: source
with days as (
    select int_source_days.source, int_source_days.event_date, int_source_days.rows_kept + int_source_days.rows_repeated as rows,
        int_source_days.calls
    from int_source_days
    cross join settings
    where int_source_days.event_date < settings.run_date
),

known as (
    select source, min(event_date) as first_event_date, max(event_date) as latest_event_date, coalesce(sum(calls), 0) as calls
    from days
    group by source
),

watched as (
    select
        sources.source,
        known.first_event_date,
        known.latest_event_date,
        coalesce(known.calls, 0) > 0 as has_calls,
        -- Against the start of the run date, never the clock; the latest day counts until its end.
        cast((date_part('epoch', settings.run_date) - date_part('epoch', known.latest_event_date)) / 3600 as bigint) - 24 as silent_hours,
        coalesce(sources.stale_after_hours, case when known.calls > 0 then int_limits.stale_after_hours end) as stale_after_hours,
        cast(settings.run_date - cast(concat(1 + sources.late_days, ' days') as interval) as date) as day
    from sources
    cross join settings
    cross join int_limits
    left join known on known.source = sources.source
),

weeks as (
    select unnest([7, 14, 21, 28]) as days_back
),

-- A day without rows counts as 0 once the source has begun.
before as (
    select watched.source, cast(watched.day - cast(concat(weeks.days_back, ' days') as interval) as date) as event_date,
        watched.first_event_date
    from watched
    cross join weeks
),

usual as (
    select before.source, count(*) as weeks, median(cast(coalesce(days.rows, 0) as double)) as usual_rows
    from before
    left join days on days.source = before.source and days.event_date = before.event_date
    where before.event_date >= before.first_event_date
    group by before.source
),

judged as (
    select
        watched.source,
        watched.latest_event_date,
        watched.silent_hours,
        watched.stale_after_hours,
        watched.stale_after_hours is not null and coalesce(watched.silent_hours > watched.stale_after_hours, true) as is_stale,
        watched.day,
        coalesce(days.rows, 0) as rows_of_day,
        coalesce(usual.weeks, 0) as weeks,
        usual.usual_rows,
        -- One earlier week is no habit. Bills and evaluations come when they come.
        coalesce(watched.has_calls and usual.weeks >= 2
            and cast(coalesce(days.rows, 0) as double) < int_limits.min_share_of_weekday * usual.usual_rows, false) as is_dropped
    from watched
    cross join int_limits
    left join usual on usual.source = watched.source
    left join days on days.source = watched.source and days.event_date = watched.day
)

select
    *,
    case
        when is_stale then concat(
            'stale: ', coalesce(concat('no rows since ', latest_event_date), 'no rows at all'), ', and ', stale_after_hours,
            ' hours are allowed'
        )
        when is_dropped then concat(
            'dropped: ', rows_of_day, ' rows on ', day, ', where that weekday has ', cast(usual_rows as bigint)
        )
    end as note
from judged
