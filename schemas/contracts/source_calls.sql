-- One row per day, source and format of the kept call: how its usage is known.
--
-- version: 1
create external table source_calls (
    source varchar not null, -- source of the run file
    format varchar not null, -- format that read it
    requests bigint not null, -- calls
    usage_stated bigint not null, -- of them, usage as the log states it
    usage_repaired bigint not null, -- of them, cached tokens were beside the input and have been added
    usage_assumed bigint not null, -- of them, the log does not say how cached tokens are counted
    usage_missing bigint not null, -- of them, without usage
    models_unresolved bigint not null, -- of them, of a model that the catalog does not know
    gateway_cache_hits bigint not null, -- of them, answered by the gateway: nothing was billed
    event_date date not null -- UTC day
)
stored as parquet
partitioned by (event_date)
location 'trimtab-out/state/source_calls/';
