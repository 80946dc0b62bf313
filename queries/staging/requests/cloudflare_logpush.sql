-- No row: tokens and times of a call are encrypted.
--
-- grain:  none
-- tokens: not readable
-- docs:   https://developers.cloudflare.com/ai-gateway/observability/logging/logpush/
select
    _object_key as x_object_key,
    _line as x_line,
    'unknown' as x_status
from cloudflare_logpush
where false
