-- One call; the workload is the word in the file's name, the template is what the prompt begins with.
--
-- grain:  the line of the file
-- tokens: what was read from a cache is not told: all input is uncached, all output is visible
-- docs:   https://github.com/kvcache-ai/Mooncake
select
    _object_key as x_object_key,
    _line as x_line,
    -- the trace has no date: the day of another trace, whose price list is used
    to_timestamp_micros(timestamp * 1000 + 1700092800000000) as x_start_time,
    'ms' as x_time_precision,
    'azure-trace' as gen_ai_provider_name,
    'trace-model' as gen_ai_request_model,
    'trace-model' as gen_ai_response_model,
    input_length as gen_ai_usage_input_tokens,
    output_length as gen_ai_usage_output_tokens,
    input_length as usage_input_uncached_tokens,
    output_length as usage_output_visible_tokens,
    'inclusive' as x_usage_semantics,
    'ok' as x_status,
    regexp_match(_object_key, '([a-z]+)_trace\.')[1] as x_workload_tag,
    'block-' || hash_ids[1] as x_template_id
from mooncake
