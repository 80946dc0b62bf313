-- One call; the workload is the word in the file's name. The trace names no model and has no id: the line is the identity.
--
-- grain:  the line of the file
-- tokens: no cache is known: all input is uncached, all output is visible
-- docs:   https://github.com/Azure/AzurePublicDataset/blob/master/AzureLLMInferenceDataset2023.md
select
    _object_key as x_object_key,
    _line as x_line,
    "TIMESTAMP" as x_start_time,
    'us' as x_time_precision,
    'azure-trace' as gen_ai_provider_name,
    'trace-model' as gen_ai_request_model,
    'trace-model' as gen_ai_response_model,
    "ContextTokens" as gen_ai_usage_input_tokens,
    "GeneratedTokens" as gen_ai_usage_output_tokens,
    "ContextTokens" as usage_input_uncached_tokens,
    "GeneratedTokens" as usage_output_visible_tokens,
    'inclusive' as x_usage_semantics,
    'ok' as x_status,
    regexp_match(_object_key, 'Trace_([a-z]+)\.csv')[1] as x_workload_tag
from azure_llm_2023
