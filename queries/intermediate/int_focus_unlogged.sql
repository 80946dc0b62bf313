-- One row per day, provider, account and model that was billed for usage of which no request is known.
--
-- grain:  event_date, provider, sub_account_id, model_id
-- method: M 2.6 (unlogged usage is a line, never spread: here the bill's own)
select int_bridge.event_date, int_bridge.provider, int_bridge.sub_account_id, int_bridge.model_id
from int_bridge
inner join int_bill_sums
    on int_bill_sums.event_date = int_bridge.event_date
    and int_bill_sums.provider = int_bridge.provider
    and (int_bill_sums.sub_account_id is not distinct from int_bridge.sub_account_id)
    and (int_bill_sums.model_id is not distinct from int_bridge.model_id)
where int_bill_sums.usage_lines > 0
    and int_bridge.calculated_usd = 0
    and coalesce(int_bridge.logged_tokens, 0) = 0
    and int_bridge.lines_without_rate = 0
