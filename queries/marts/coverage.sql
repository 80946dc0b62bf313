-- One row per source and event day, and one row per source without a day for what belongs to none: rows in = kept + repeated + rejected.
--
-- grain: source, event_date
with by_day as (
    select
        repeats.source,
        repeats.event_date,
        sum(repeats.rows_kept) as rows_kept,
        sum(repeats.rows_repeated) as rows_repeated,
        sum(case when repeats.source <> repeats.kept_source then repeats.rows_repeated else 0 end) as rows_repeated_of_other_source
    from repeats
    cross join settings
    where repeats.event_date >= settings.report_from and repeats.event_date < settings.run_date
    group by repeats.source, repeats.event_date
),

ever as (
    select source, sum(rows_kept) as rows_kept, sum(rows_repeated) as rows_repeated,
        sum(case when source <> kept_source then rows_repeated else 0 end) as rows_repeated_of_other_source
    from repeats
    group by source
),

read as (
    select
        source,
        min(format) as format,
        sum(records) as records_read,
        sum(rejected_lines) as records_rejected,
        sum(skipped_records) as records_skipped,
        sum(rows) as rows_mapped,
        sum(rejected_rows) as rows_rejected,
        sum(decimals_rounded) as decimals_rounded,
        count(fault) as objects_faulty
    from ledger
    group by source
)

select
    read.source,
    cast(null as date) as event_date,
    read.format,
    read.records_read,
    read.records_rejected,
    read.records_skipped,
    read.rows_mapped + read.records_rejected as rows_in,
    coalesce(ever.rows_kept, 0) as rows_kept,
    coalesce(ever.rows_repeated, 0) as rows_repeated,
    coalesce(ever.rows_repeated_of_other_source, 0) as rows_repeated_of_other_source,
    read.rows_rejected + read.records_rejected as rows_rejected,
    read.decimals_rounded,
    read.objects_faulty
from read
left join ever on ever.source = read.source
union all
select
    by_day.source,
    by_day.event_date,
    read.format,
    cast(null as bigint) as records_read,
    cast(null as bigint) as records_rejected,
    cast(null as bigint) as records_skipped,
    by_day.rows_kept + by_day.rows_repeated as rows_in,
    by_day.rows_kept,
    by_day.rows_repeated,
    by_day.rows_repeated_of_other_source,
    cast(null as bigint) as rows_rejected,
    cast(null as bigint) as decimals_rounded,
    cast(null as bigint) as objects_faulty
from by_day
left join read on read.source = by_day.source
