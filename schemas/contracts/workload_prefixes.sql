-- One row per day, workload and prompt template: how often a prefix came again soon.
--
-- version: 1
create external table workload_prefixes (
    workload_id varchar not null, -- workload
    template_id varchar not null, -- fingerprint of the template
    requests bigint not null, -- attempts
    hits_5m bigint not null, -- attempts within 5 minutes of the one before
    hits_1h bigint not null, -- attempts within an hour of the one before
    event_date date not null -- UTC day
)
stored as parquet
partitioned by (event_date)
location 'trimtab-out/state/workload_prefixes/';
