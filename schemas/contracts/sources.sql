-- One row per source of the run file.
--
-- version: 1
create external table sources (
    source varchar not null, -- name in the run file
    source_rank bigint not null, -- place in the run file; the lower one is kept when a call is repeated
    format varchar not null, -- format that reads it
    format_status varchar not null, -- real, documented or unverified: what the format's layout is known from
    unusable_because varchar, -- why logs of this format give no call, if so
    stale_after_hours bigint, -- hours without rows after which it counts as stale; null: the default, for sources of calls
    late_days bigint not null -- whole days that its logs come late, as the run file says
)
stored as parquet
location 'trimtab-out/state/sources/';
