-- Commitments that begin after the run date and within a year: what they strand is in no figure yet.
--
-- severity: warn
-- because:  only commitments that hold on the run date count; these begin later
select commitments.commitment_id, commitments.provider, commitments.starts_on, commitments.usd_per_month
from commitments
cross join settings
where commitments.starts_on > settings.run_date and commitments.starts_on < cast(settings.run_date + interval '12 months' as date)
