-- One row per source and day, and one per source without a day: rows in = kept + repeated + rejected. The latter counts what
-- the state holds row by row: as long as `[retention]` says.
--
-- version: 3
-- window:  62 days
-- grain:   source, event_date
create external table coverage (
    source varchar not null, -- source of the run file, or one that stood in it
    event_date date, -- UTC day; null is the source as a whole, all days that are kept and what belongs to none
    format varchar, -- format that reads it
    format_status varchar, -- real, documented or unverified: what the format's layout is known from; null: not in the run file any more
    note varchar, -- why the source gives no call, nothing at all, or less than it used to
    objects bigint, -- objects that were read and count in what is kept; whole source only
    bytes bigint, -- their bytes as stored
    objects_faulty bigint, -- of them, with a fault of their own
    objects_superseded bigint, -- objects of a bill that a later delivery replaced; not read
    records_read bigint, -- records found; whole source only
    records_rejected bigint, -- records that could not be read
    records_skipped bigint, -- records that hold no row of the contract
    rows_in bigint not null, -- rows_kept + rows_repeated + rows_rejected
    rows_kept bigint not null, -- rows that stand in the state
    rows_repeated bigint not null, -- rows of a call that stands already, and billing lines that a later pull states anew
    rows_repeated_of_other_source bigint not null, -- of them, calls whose row of another source was kept
    rows_rejected bigint, -- records and rows left out with a reason; whole source only
    rows_too_late bigint, -- rows that came after the rows of their day were deleted, left out and in no other count; whole source only
    rejected_by_reason varchar, -- JSON object of reason and count, of the rejections that quarantine lists
    decimals_rounded bigint, -- amounts rounded to the contract's scale
    calls bigint, -- calls kept from this source
    usage_repaired bigint, -- of them, cached tokens were beside the input and have been added
    usage_assumed bigint, -- of them, the log does not say how cached tokens are counted
    usage_missing bigint, -- of them, without usage
    models_unresolved bigint -- of them, of a model that the catalog does not know
)
stored as parquet
location 'trimtab-out/coverage/';
