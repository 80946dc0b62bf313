-- One row per evaluated item, or per aggregate of items, of one model on one workload.
--
-- version:  4
-- day:      scored_at
-- identity: x_natural_key | provider + model_id + workload_id + eval_set + method + rubric_or_judge + run_id + item_id + adaptation + template_id + split_rule + is_correct + score + n + n_correct
-- reject:   NO_SUBJECT: neither workload and model nor the call that was scored when (model_id is null or workload_id is null)
--           and gen_ai_response_id is null and x_request_id is null and x_trace_id is null and gen_ai_conversation_id is null;
--           BAD_USAGE: a count is negative when least(coalesce(input_tokens, 0), coalesce(output_tokens, 0), coalesce(reasoning_tokens, 0)) < 0;
--           BAD_USAGE: over two thousand million tokens when greatest(coalesce(input_tokens, 0), coalesce(output_tokens, 0)) > 2000000000;
--           BAD_USAGE: reasoning is more than the output when reasoning_tokens > output_tokens
-- filled:   x_source, x_source_format, x_record_id, x_source_rank, x_repeats, event_date
create external table evaluations (
    x_record_id varchar not null, -- 32 hex digits of the hash of the key columns
    x_source varchar not null, -- name of the source in the run file
    x_source_format varchar not null, -- name of the format that mapped it
    x_source_rank bigint not null, -- place of the source in the run file
    x_object_key varchar not null, -- object that held the score
    x_line bigint not null, -- line or row number inside the object, from 1
    x_repeats bigint not null, -- further rows of the same score
    x_natural_key varchar, -- the format's own unique key of the score
    gen_ai_response_id varchar, -- response id of the call that was scored
    x_request_id varchar, -- the log's request id of that call
    x_trace_id varchar, -- trace that was scored, or that the call belongs to
    gen_ai_conversation_id varchar, -- conversation that was scored
    provider varchar, -- provider of the evaluated model
    model_id varchar, -- evaluated model; null: the model of the call that was scored
    workload_id varchar, -- workload that the items come from; null: the workload of that call
    eval_set varchar not null, -- name of the set of items
    method varchar not null, -- human, deterministic, llm_judge, pairwise or benchmark
    rubric_or_judge varchar, -- rubric or judge with its version; scores of two are never compared
    run_id varchar, -- run of the evaluation
    item_id varchar, -- item; null for an aggregate
    score double, -- graded score, when there is one
    is_correct boolean, -- item passed; null for an aggregate
    n bigint, -- items of an aggregate
    n_correct bigint, -- items of an aggregate that passed
    cluster_id varchar, -- conversation, document or user that the item belongs to
    adaptation varchar, -- none, prompt_trim, cascade, post_train, self_host, effort_down
    template_id varchar, -- fingerprint of the prompt that was evaluated
    split_rule varchar, -- rule that the items satisfy, for a split
    input_tokens bigint, -- tokens of the item's prompt as the evaluated model counts them, cached ones included
    output_tokens bigint, -- tokens of its answer, reasoning included
    reasoning_tokens bigint, -- of them reasoning; null when nothing tells
    scored_at timestamp(6) with time zone not null, -- when it was scored, UTC
    is_vendor_made boolean, -- made by the vendor of the evaluated model
    event_date date not null -- UTC day of scored_at
)
stored as parquet
partitioned by (event_date)
location 'trimtab-out/state/evaluations/';
