-- One answer as one call: the category is the workload. The data has no times, so the row's place makes one inside a fixed day.
--
-- grain:  model, file_row
-- tokens: no cache is known: all input is uncached, all output is visible
-- docs:   https://github.com/TIGER-AI-Lab/MMLU-Pro
select
    _object_key as x_object_key,
    _line as x_line,
    concat(model, ':', cast(file_row as varchar)) as x_natural_key,
    timestamp '2026-10-15 00:00:00' + arrow_cast(file_row, 'Duration(Second)') as x_start_time,
    's' as x_time_precision,
    'chat' as gen_ai_operation_name,
    'mmlu-pro' as gen_ai_provider_name,
    model as gen_ai_request_model,
    model as gen_ai_response_model,
    prompt_tokens as gen_ai_usage_input_tokens,
    output_tokens as gen_ai_usage_output_tokens,
    prompt_tokens as usage_input_uncached_tokens,
    output_tokens as usage_output_visible_tokens,
    'inclusive' as x_usage_semantics,
    'ok' as x_status,
    category as x_workload_tag,
    cast(question_id as varchar) as x_trace_id
from mmlu_pro
