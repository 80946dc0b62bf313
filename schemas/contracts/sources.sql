-- One row per source of the run file.
--
-- version: 1
create external table sources (
    source varchar not null, -- name in the run file
    source_rank bigint not null, -- place in the run file; the lower one is kept when a call is repeated
    format varchar not null, -- format that reads it
    format_status varchar not null, -- real, documented or unverified: what the format's layout is known from
    unusable_because varchar -- why logs of this format give no call, if so
)
stored as parquet
location 'trimtab-out/state/sources/';
