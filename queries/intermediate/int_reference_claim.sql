-- One row: how many times cheaper everything would be if the published claim of a programme for some $30,000 a year held here.
--
-- grain:  reference_claim_ratio
-- method: EX-6.2 (an upper reference line, never a default: no decision, saving or total reads it)
select
    cast(
        cast(coalesce(sum(int_workloads.cost_usd), 0) as double) * max(settings.month_factor_numerator) / max(settings.month_factor_denominator)
        * 12 / max(claim.expected) as decimal(18, 1)
    ) as reference_claim_ratio
from settings
cross join int_workloads
inner join int_parameters as claim on claim.name = 'claim_usd_per_year' and claim.scope = 'all'
