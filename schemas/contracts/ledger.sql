-- One row per object that was read, and per object of a bill that others state anew.
--
-- version: 3
create external table ledger (
    source varchar not null, -- source of the run file
    format varchar not null, -- format that read it
    object_key varchar not null, -- key below the source's URL
    etag varchar not null, -- version of the object
    size bigint not null, -- bytes as stored
    records bigint not null, -- records found
    rejected_lines bigint not null, -- records that could not be read
    skipped_records bigint not null, -- records that hold no row (roll-ups, other events)
    rows bigint not null, -- rows that the mappings gave, without those of closed days
    rejected_rows bigint not null, -- rows that break a rule of the contract
    closed_rows bigint not null, -- rows of days whose rows the state no longer keeps
    late_rows bigint not null, -- rows that first came when the rows of their day were deleted already; left out
    is_spent boolean not null, -- all its rows belong to days whose rows the state no longer keeps: it counts in nothing any more
    decimals_rounded bigint not null, -- amounts rounded to the contract's scale
    fault varchar, -- fault of the whole object
    is_superseded boolean not null, -- stands in the bucket and does not count: other objects state the same anew
    first_event_date date, -- first event day of which rows are kept
    last_event_date date -- last one
)
stored as parquet
location 'trimtab-out/state/ledger/';
