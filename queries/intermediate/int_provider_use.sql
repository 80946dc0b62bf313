-- One row per provider: what a month of its use costs after discounts, of what a minimum spend is used up.
--
-- grain:  provider
-- method: M 2.8 (a minimum counts what is billed: also usage that no log holds)
with logged as (
    select provider, sum(monthly_usd) as monthly_usd from int_workload_spends group by provider
),

billed as (
    select
        int_reconciled.provider,
        cast(sum(int_reconciled.contracted_usd) as double)
        * max(cast(settings.month_factor_numerator as double) / settings.month_factor_denominator) as monthly_usd
    from int_reconciled
    cross join settings
    where int_reconciled.billed_usd is not null
    group by int_reconciled.provider
)

select
    coalesce(logged.provider, billed.provider) as provider,
    -- A bill that ends before the window does knows less than the logs.
    greatest(coalesce(logged.monthly_usd, 0.0), coalesce(billed.monthly_usd, 0.0)) as monthly_usd
from logged
full join billed on billed.provider = logged.provider
