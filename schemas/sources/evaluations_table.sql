-- One score of a model on a workload: of one item, or of an aggregate of items. The columns are the contract's own.
--
-- docs:          schemas/contracts/evaluations.sql
-- status:        documented
-- recognised_by: eval_set is not null and scored_at is not null
--                and method in ('human', 'deterministic', 'llm_judge', 'pairwise', 'benchmark')
-- objects:       \.(csv|jsonl|parquet)(\.(gz|zst))?$
create external table evaluations_table (
    gen_ai_response_id varchar, -- this or one of the next three names the call that was scored
    x_request_id varchar,
    x_trace_id varchar,
    gen_ai_conversation_id varchar,
    provider varchar,
    model_id varchar, -- this and the workload may lack where a call is named
    workload_id varchar,
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
    input_tokens bigint,
    output_tokens bigint,
    reasoning_tokens bigint,
    scored_at timestamp with time zone not null,
    is_vendor_made boolean
)
stored as csv
location 'sample_data/formats/evaluations_table/';
