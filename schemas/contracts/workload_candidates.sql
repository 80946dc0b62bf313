-- One row per candidate that the owner allows: for one workload, or a provider for all.
--
-- version: 1
create external table workload_candidates (
    workload_id varchar, -- workload; null for all that have no list of their own
    provider varchar not null, -- provider
    model_id varchar -- model; null for every model of the provider
)
stored as parquet
location 'trimtab-out/state/workload_candidates/';
