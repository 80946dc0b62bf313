-- One row per contract, event day, source of a row and source of the row that was kept for the same call.
--
-- version: 2
create external table repeats (
    contract varchar not null, -- requests, charges or evaluations
    event_date date not null, -- event day
    source varchar not null, -- source of the rows
    kept_source varchar not null, -- source whose row was kept
    rows_kept bigint not null, -- rows that were kept
    rows_repeated bigint not null, -- rows that repeated a kept one
    is_closed boolean not null -- the rows of the day are no longer kept, so that it cannot change any more
)
stored as parquet
location 'trimtab-out/state/repeats/';
