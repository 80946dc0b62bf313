-- Differences between the lines that are given to FinOps and what was billed, or logged where no bill is, in the same days.
--
-- severity: error
-- because:  spend by workload is only of use beside the cloud bill when it is the same money
with given as (
    select coalesce(sum("BilledCost"), 0) as usd from focus_1_4
),

known as (
    select coalesce(sum(coalesce(int_bridge.billed_usd, int_bridge.calculated_usd)), 0) as usd
    from int_bridge
    cross join settings
    where int_bridge.event_date >= cast(date_trunc('month', settings.run_date) - interval '1 month' as date)
)

select given.usd as given_usd, known.usd as known_usd
from given
cross join known
where given.usd <> known.usd
