-- One row per commitment to a provider.
--
-- version: 1
create external table commitments (
    commitment_id varchar not null, -- name
    provider varchar not null, -- provider
    usd_per_month decimal(38,12) not null, -- USD a month
    starts_on date not null, -- first day
    ends_on date not null, -- first day after it
    is_reassignable boolean not null, -- another workload could use it up
    reassignable_to varchar -- that workload; what is reassignable to nobody in particular counts for nobody
)
stored as parquet
location 'trimtab-out/state/commitments/';
