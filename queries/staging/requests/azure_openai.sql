-- No row: the log states no tokens, so a call from here would only be one more call without usage.
--
-- grain:  none
-- tokens: not logged
-- docs:   https://learn.microsoft.com/azure/ai-foundry/openai/how-to/monitor-openai
select
    _object_key as x_object_key,
    _line as x_line,
    "time" as x_end_time,
    'unknown' as x_status
from azure_openai
where false
