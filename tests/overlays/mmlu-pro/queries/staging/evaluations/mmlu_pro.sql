-- One answer as one score: right or wrong, item by item, so that two models pair on the question.
--
-- grain:  model, question_id
-- tokens: none
-- docs:   https://github.com/TIGER-AI-Lab/MMLU-Pro
select
    _object_key as x_object_key,
    _line as x_line,
    'mmlu_pro' as provider,
    model as model_id,
    category as workload_id,
    'mmlu-pro' as eval_set,
    'deterministic' as method,
    'letter of the answer, five examples' as rubric_or_judge,
    cast(question_id as varchar) as item_id,
    coalesce(correct, false) as is_correct,
    'none' as adaptation,
    timestamp '2026-10-15 00:00:00' as scored_at,
    false as is_vendor_made
from mmlu_pro
