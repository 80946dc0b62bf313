-- No row: a histogram of tokens has no calls in it.
--
-- grain:  none
-- tokens: sums over many calls only
-- docs:   https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
select
    _object_key as x_object_key,
    _line as x_line,
    'unknown' as x_status
from otlp_metrics
where false
