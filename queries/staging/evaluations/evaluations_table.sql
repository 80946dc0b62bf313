-- One score, of one item or of an aggregate of items, under the contract's own column names.
--
-- grain:  provider, model_id, workload_id, eval_set, method, rubric_or_judge, run_id, item_id, adaptation, template_id
-- tokens: as stated; reasoning is part of the output
-- docs:   schemas/contracts/evaluations.sql
select
    _object_key as x_object_key,
    _line as x_line,
    nullif(gen_ai_response_id, '') as gen_ai_response_id,
    nullif(x_request_id, '') as x_request_id,
    nullif(x_trace_id, '') as x_trace_id,
    nullif(gen_ai_conversation_id, '') as gen_ai_conversation_id,
    nullif(provider, '') as provider,
    nullif(model_id, '') as model_id,
    nullif(workload_id, '') as workload_id,
    eval_set,
    method,
    nullif(rubric_or_judge, '') as rubric_or_judge,
    nullif(run_id, '') as run_id,
    nullif(item_id, '') as item_id,
    score,
    is_correct,
    n,
    n_correct,
    nullif(cluster_id, '') as cluster_id,
    nullif(adaptation, '') as adaptation,
    nullif(template_id, '') as template_id,
    nullif(split_rule, '') as split_rule,
    input_tokens,
    output_tokens,
    reasoning_tokens,
    scored_at,
    is_vendor_made
from evaluations_table
