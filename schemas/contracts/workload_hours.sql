-- One row per day, hour, workload and model.
--
-- version: 1
create external table workload_hours (
    hour bigint not null, -- hour of the day, UTC
    workload_id varchar not null, -- workload
    billed_model_id varchar, -- model that served
    requests bigint not null, -- attempts
    input_tokens bigint not null, -- tokens in
    output_tokens bigint not null, -- tokens out
    busiest_minute_tokens bigint not null, -- tokens in and out of the busiest minute
    event_date date not null -- UTC day
)
stored as parquet
partitioned by (event_date)
location 'trimtab-out/state/workload_hours/';
