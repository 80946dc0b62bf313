-- One row per source and day, and one per source without a day: rows in = kept + repeated + rejected.
--
-- version: 1
-- window:  62 days
-- grain:   source, event_date
create external table coverage (
    source varchar not null, -- source of the run file
    event_date date, -- UTC day; null is the source as a whole, all days and what belongs to none
    format varchar, -- format that read it
    records_read bigint, -- records found; whole source only
    records_rejected bigint, -- records that could not be read
    records_skipped bigint, -- records that hold no row of the contract
    rows_in bigint not null, -- rows_kept + rows_repeated + rows_rejected
    rows_kept bigint not null, -- rows that stand in the state
    rows_repeated bigint not null, -- rows of a call that stands already
    rows_repeated_of_other_source bigint not null, -- of them, calls whose row of another source was kept
    rows_rejected bigint, -- records and rows left out with a reason; whole source only
    decimals_rounded bigint, -- amounts rounded to the contract's scale
    objects_faulty bigint -- objects with a fault of their own
)
stored as parquet
location 'trimtab-out/coverage/';
