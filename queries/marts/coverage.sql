-- One row per source and event day, and one row per source without a day for what belongs to none: rows in = kept + repeated + rejected.
--
-- grain: source, event_date
with ever as (
    select
        source,
        sum(open_rows_kept) as rows_kept,
        sum(open_rows_repeated) as rows_repeated,
        sum(open_rows_repeated_of_other_source) as rows_repeated_of_other_source,
        sum(calls) filter (where not is_closed) as calls,
        sum(usage_repaired) filter (where not is_closed) as usage_repaired,
        sum(usage_assumed) filter (where not is_closed) as usage_assumed,
        sum(usage_missing) filter (where not is_closed) as usage_missing,
        sum(models_unresolved) filter (where not is_closed) as models_unresolved
    from int_source_days
    group by source
),

reasons as (
    select source, coalesce(regexp_extract(reason, '^[A-Z][A-Z_]+'), 'UNREADABLE') as reason, count(*) as times
    from quarantine
    group by 1, 2
),

rejected as (
    select source, concat('{', string_agg(concat('"', reason, '":', times), ',' order by reason), '}') as by_reason
    from reasons
    group by source
),

read as (
    select
        source,
        min(format) as format,
        count(*) filter (where not is_superseded and not is_spent) as objects,
        sum(case when is_superseded or is_spent then 0 else size end) as bytes,
        count(fault) as objects_faulty,
        count(*) filter (where is_superseded) as objects_superseded,
        sum(case when is_spent then 0 else records end) as records_read,
        sum(rejected_lines) as records_rejected,
        sum(case when is_spent then 0 else skipped_records end) as records_skipped,
        sum(rows) as rows_mapped,
        sum(rejected_rows) as rows_rejected,
        sum(late_rows) as rows_too_late,
        sum(case when is_spent then 0 else decimals_rounded end) as decimals_rounded
    from ledger
    group by source
)

select
    coalesce(sources.source, read.source) as source,
    cast(null as date) as event_date,
    coalesce(sources.format, read.format) as format,
    sources.format_status,
    case
        when sources.unusable_because is not null then sources.unusable_because
        when sources.source is null then 'no longer in the run file; what it gave stays'
        when read.source is null then 'no object was found'
        else int_source_freshness.note
    end as note,
    coalesce(read.objects, 0) as objects,
    coalesce(read.bytes, 0) as bytes,
    coalesce(read.objects_faulty, 0) as objects_faulty,
    coalesce(read.objects_superseded, 0) as objects_superseded,
    coalesce(read.records_read, 0) as records_read,
    coalesce(read.records_rejected, 0) as records_rejected,
    coalesce(read.records_skipped, 0) as records_skipped,
    coalesce(read.rows_mapped + read.records_rejected, 0) as rows_in,
    coalesce(ever.rows_kept, 0) as rows_kept,
    coalesce(ever.rows_repeated, 0) as rows_repeated,
    coalesce(ever.rows_repeated_of_other_source, 0) as rows_repeated_of_other_source,
    coalesce(read.rows_rejected + read.records_rejected, 0) as rows_rejected,
    coalesce(read.rows_too_late, 0) as rows_too_late,
    rejected.by_reason as rejected_by_reason,
    coalesce(read.decimals_rounded, 0) as decimals_rounded,
    coalesce(ever.calls, 0) as calls,
    coalesce(ever.usage_repaired, 0) as usage_repaired,
    coalesce(ever.usage_assumed, 0) as usage_assumed,
    coalesce(ever.usage_missing, 0) as usage_missing,
    coalesce(ever.models_unresolved, 0) as models_unresolved
from sources
full outer join read on read.source = sources.source
left join ever on ever.source = coalesce(sources.source, read.source)
left join rejected on rejected.source = coalesce(sources.source, read.source)
left join int_source_freshness on int_source_freshness.source = sources.source
union all
select
    int_source_days.source,
    int_source_days.event_date,
    read.format,
    cast(null as varchar) as format_status,
    cast(null as varchar) as note,
    cast(null as bigint) as objects,
    cast(null as bigint) as bytes,
    cast(null as bigint) as objects_faulty,
    cast(null as bigint) as objects_superseded,
    cast(null as bigint) as records_read,
    cast(null as bigint) as records_rejected,
    cast(null as bigint) as records_skipped,
    int_source_days.rows_kept + int_source_days.rows_repeated as rows_in,
    int_source_days.rows_kept,
    int_source_days.rows_repeated,
    int_source_days.rows_repeated_of_other_source,
    cast(null as bigint) as rows_rejected,
    cast(null as bigint) as rows_too_late,
    cast(null as varchar) as rejected_by_reason,
    cast(null as bigint) as decimals_rounded,
    int_source_days.calls,
    int_source_days.usage_repaired,
    int_source_days.usage_assumed,
    int_source_days.usage_missing,
    int_source_days.models_unresolved
from int_source_days
cross join settings
left join read on read.source = int_source_days.source
where int_source_days.event_date >= settings.report_from and int_source_days.event_date < settings.run_date
