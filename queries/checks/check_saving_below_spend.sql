-- Decisions that claim to save more than is spent.
--
-- severity: error
-- because:  savings never exceed spend
select workload_id, current_monthly_cost_usd, estimated_monthly_savings_p90_usd
from decisions
where estimated_monthly_savings_p90_usd > current_monthly_cost_usd
