-- One score of a model on a workload: of one item, or of an aggregate of items. The columns are the contract's own.
--
-- docs:    schemas/contracts/evaluations.sql
-- objects: \.(csv|jsonl|parquet)(\.(gz|zst))?$
create external table evaluations_table (
    provider varchar,
    model_id varchar not null,
    workload_id varchar not null,
    eval_set varchar not null,
    method varchar not null, -- human, deterministic, llm_judge, pairwise or benchmark
    rubric_or_judge varchar,
    run_id varchar,
    item_id varchar, -- empty for an aggregate
    score double,
    is_correct boolean,
    n bigint,
    n_correct bigint,
    cluster_id varchar,
    adaptation varchar,
    template_id varchar,
    split_rule varchar,
    scored_at timestamp with time zone not null,
    is_vendor_made boolean
)
stored as csv
location 'sample_data/formats/evaluations_table/';
