-- Days whose sums come within a factor of a thousand of the end of their type.
--
-- severity: error
-- because:  the engine's sums wrap in silence at the end of a type
select event_date, workload_id, cost_usd, usage_input_uncached_tokens
from workload_cube
where cost_usd > cast('100000000000000000000000' as decimal(38, 12))
    or usage_input_uncached_tokens > 9000000000000000
    or usage_cache_read_tokens > 9000000000000000
    or usage_output_visible_tokens > 9000000000000000
