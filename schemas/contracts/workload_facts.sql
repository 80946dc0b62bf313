-- One row per workload that the run file names.
--
-- version: 1
create external table workload_facts (
    workload_id varchar not null, -- workload
    owner varchar, -- team or person in charge
    criticality varchar, -- low, medium or high; null is medium
    is_batch_ok boolean, -- answers may come a day later
    residency varchar, -- residency class that the data must stay in
    retention varchar, -- retention terms that the provider must offer
    languages varchar, -- a|b|c: languages that the model must master
    latency_ms_p95 bigint, -- slowest acceptable 95th percentile, milliseconds
    licence varchar, -- licence class that open weights must have
    static_tokens bigint, -- tokens at the start of every prompt that never change; null is not stated
    has_own_candidates boolean not null -- the run file lists its candidates
)
stored as parquet
location 'trimtab-out/state/workload_facts/';
