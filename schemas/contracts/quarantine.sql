-- One row per record or row that was left out; never its text.
--
-- version: 1
create external table quarantine (
    source varchar not null, -- source of the run file
    object_key varchar not null, -- object
    line bigint not null, -- line or row number; 0 for the whole object
    path varchar not null, -- field that broke the rule
    reason varchar not null -- what was wrong
)
stored as parquet
location 'trimtab-out/state/quarantine/';
