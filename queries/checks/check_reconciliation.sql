-- Providers, accounts and models whose bill of the window is not explained.
--
-- severity: warn
-- because:  a figure that does not equal the invoice is no ground for a decision; relation reconciliation shows each term
select provider, sub_account_id, model_id, status, fault, billed_usd, unexplained_usd
from int_reconciled
where status in ('UNRECONCILED')
