-- One row per source and event day: rows that were kept and repeated, and how the usage of the kept calls is known.
--
-- grain: source, event_date
with days as (
    select
        source,
        event_date,
        sum(rows_kept) as rows_kept,
        sum(rows_repeated) as rows_repeated,
        bool_or(is_closed) as is_closed,
        sum(case when source <> kept_source then rows_repeated else 0 end) as rows_repeated_of_other_source
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
    days.is_closed,
    calls.calls,
    calls.usage_repaired,
    calls.usage_assumed,
    calls.usage_missing,
    calls.models_unresolved
from days
left join calls on calls.source = days.source and calls.event_date = days.event_date
