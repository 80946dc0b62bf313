-- One row: the bill of the decision window beside what the logs cost, over all days that a bill covers.
--
-- grain:  window_from
-- method: M 2.6, 2.7
with summed as (
    select
        count(int_bridge.billed_usd) as billed_rows,
        cast(coalesce(sum(int_bridge.billed_usd), 0) as decimal(38, 12)) as billed_usd,
        cast(coalesce(sum(case when int_bridge.is_covered then int_bridge.calculated_usd else 0 end), 0) as decimal(38, 12)) as calculated_usd,
        cast(coalesce(sum(case when int_bridge.is_covered then int_bridge.quantity_usd else 0 end), 0) as decimal(38, 12)) as quantity_usd,
        cast(coalesce(sum(int_bridge.rate_usd), 0) as decimal(38, 12)) as rate_usd,
        cast(coalesce(sum(int_bridge.no_rate_usd), 0) as decimal(38, 12)) as no_rate_usd,
        cast(coalesce(sum(int_bridge.unexplained_usd), 0) as decimal(38, 12)) as unexplained_usd,
        cast(coalesce(sum(case when int_bridge.is_covered then 0 else int_bridge.calculated_usd end), 0) as decimal(38, 12)) as no_bill_usd
    from int_bridge
    cross join settings
    where int_bridge.event_date >= settings.window_from
),

judged as (
    select
        count(*) filter (where status in ('UNRECONCILED')) as unreconciled,
        count(*) filter (where status in ('PARTIAL')) as partly_reconciled,
        count(*) as all_models
    from int_reconciled
)

select
    settings.window_from,
    summed.billed_usd,
    summed.calculated_usd,
    summed.quantity_usd,
    summed.rate_usd,
    -- Everything that the bill books beside usage at a price: tax, credits, commitments, services that are no model.
    cast(summed.billed_usd - summed.calculated_usd - summed.quantity_usd - summed.rate_usd - summed.no_rate_usd
        - summed.unexplained_usd as decimal(38, 12)) as other_lines_usd,
    summed.no_rate_usd,
    summed.unexplained_usd,
    summed.no_bill_usd,
    case
        when summed.billed_rows = 0 or judged.all_models = 0 then 'NO_BILL'
        when judged.unreconciled > 0 then 'UNRECONCILED'
        when judged.partly_reconciled > 0 then 'PARTIAL'
        else 'RECONCILED'
    end as status
from settings
cross join summed
cross join judged
