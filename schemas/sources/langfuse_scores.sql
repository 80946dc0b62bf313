-- One score of a Langfuse export to object storage (table scores). Comments are not read. Whether a higher grade is
-- better is not in the export (correctness, but also toxicity).
--
-- docs:          https://langfuse.com/docs/api-and-data-platform/features/export-to-blob-storage
-- status:        documented
-- recognised_by: source in ('API', 'EVAL', 'ANNOTATION') and data_type in ('NUMERIC', 'BOOLEAN', 'CATEGORICAL', 'TEXT')
--                and name is not null
-- objects:       (^|/)scores/[^/]+\.(json|jsonl|csv|parquet)(\.(gz|zst))?$
-- skip:          (^|/)(traces|observations|observations_v2|manifests)/|\.trace\.json(\.(gz|zst))?$
create external table langfuse_scores (
    id varchar not null,
    "timestamp" timestamp with time zone not null, -- of the score, which may be much later than the call
    project_id varchar,
    trace_id varchar,
    observation_id varchar,
    session_id varchar,
    dataset_run_id varchar,
    name varchar not null,
    value double, -- 0 or 1 where data_type is BOOLEAN
    source varchar, -- API, EVAL or ANNOTATION
    data_type varchar, -- NUMERIC, BOOLEAN, CATEGORICAL or TEXT
    string_value varchar -- category where data_type is CATEGORICAL; free text where it is TEXT
)
stored as csv
location 'sample_data/formats/langfuse_scores/';
