-- One row per source and event day: rows that were kept and repeated, and how the usage of the kept calls is known.
--
-- What was kept of a day may be deleted for one contract and not for another (retention): the `open_` columns count what is
-- kept today, and is_closed says that the day's requests are not.
--
-- grain: source, event_date
with days as (
    select
        source,
        event_date,
        sum(rows_kept) as rows_kept,
        sum(rows_repeated) as rows_repeated,
        sum(case when source <> kept_source then rows_repeated else 0 end) as rows_repeated_of_other_source,
        sum(case when is_closed then 0 else rows_kept end) as open_rows_kept,
        sum(case when is_closed then 0 else rows_repeated end) as open_rows_repeated,
        sum(case when is_closed or source = kept_source then 0 else rows_repeated end) as open_rows_repeated_of_other_source,
        bool_or(is_closed and contract = 'requests') as is_closed
    from repeats
    group by source, event_date
),

calls as (
    select
        source,
        event_date,
        sum(requests) as calls,
        sum(usage_repaired) as usage_repaired,
        sum(usage_assumed) as usage_assumed,
        sum(usage_missing) as usage_missing,
        sum(models_unresolved) as models_unresolved
    from source_calls
    group by source, event_date
)

select
    days.source,
    days.event_date,
    days.rows_kept,
    days.rows_repeated,
    days.rows_repeated_of_other_source,
    days.open_rows_kept,
    days.open_rows_repeated,
    days.open_rows_repeated_of_other_source,
    days.is_closed,
    calls.calls,
    calls.usage_repaired,
    calls.usage_assumed,
    calls.usage_missing,
    calls.models_unresolved
from days
left join calls on calls.source = days.source and calls.event_date = days.event_date
