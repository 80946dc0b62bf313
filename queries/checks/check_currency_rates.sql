-- Currencies of the bill that have no rate on some day, with what is billed in them.
--
-- severity: warn
-- because:  what is billed in them counts as 0 dollars; write their rates to queries/seeds/currency_rates.csv of an overlay
select billing_currency, count(*) as lines, min(event_date) as first_date, max(event_date) as last_date, sum(billed_cost) as billed_cost
from int_charges
where is_rate_missing
group by billing_currency
