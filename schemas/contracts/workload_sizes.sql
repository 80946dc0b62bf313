-- One row per day, workload, model, dimension and size bucket.
--
-- version: 1
create external table workload_sizes (
    workload_id varchar not null, -- workload
    billed_model_id varchar, -- model that served
    dimension varchar not null, -- input, output, total (tokens) or latency (ms)
    bucket bigint not null, -- upper edge of the size bucket
    requests bigint not null, -- attempts of that size
    event_date date not null -- UTC day
)
stored as parquet
partitioned by (event_date)
location 'trimtab-out/state/workload_sizes/';
