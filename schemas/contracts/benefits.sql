-- One row per benefit that was named before a move.
--
-- version: 1
create external table benefits (
    workload_id varchar not null, -- workload
    kind varchar not null, -- time or revenue
    usd_per_month decimal(38,12) not null, -- USD a month
    owner varchar -- who named it
)
stored as parquet
location 'trimtab-out/state/benefits/';
