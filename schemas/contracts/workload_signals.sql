-- One row per day, workload and model: how calls ended.
--
-- version: 1
create external table workload_signals (
    workload_id varchar not null, -- workload
    billed_model_id varchar, -- model that served
    requests bigint not null, -- attempts
    errors bigint not null, -- failed attempts
    retries bigint not null, -- attempts beyond the first of a request
    truncated bigint not null, -- answers cut at the output limit
    refused bigint not null, -- refusals and content filters
    schema_failures bigint, -- answers that broke their schema; null: no source states it yet
    regenerations bigint, -- asked again by the user; null: no source states it yet
    feedback_negative bigint, -- negative votes; null: no source states it yet
    environment varchar, -- the one environment that its calls name, such as prod; null: none, or more than one
    event_date date not null -- UTC day
)
stored as parquet
partitioned by (event_date)
location 'trimtab-out/state/workload_signals/';
