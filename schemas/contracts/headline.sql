-- One row: the totals of the page for leadership.
--
-- version: 4
-- window:  28 days
-- grain:   run_date
create external table headline (
    run_date date not null, -- run date
    window_from date not null, -- first day of the window
    workloads bigint not null, -- workloads in the window
    requests bigint not null, -- attempts
    unpriced_requests bigint not null, -- attempts without a price: not in the spend
    no_usage_requests bigint not null, -- attempts without usage: not in the spend
    spend_window_usd decimal(38,12) not null, -- list cost of the window
    unattributed_usd decimal(38,12) not null, -- of it, calls that nothing names
    monthly_cost_usd decimal(18,2) not null, -- the window as a month
    reconciliation_status varchar not null, -- RECONCILED, PARTIAL, UNRECONCILED: the worst of the models with a bill; NO_BILL
    billed_usd decimal(38,12) not null, -- what the bills of the window ask for, over the days that they cover
    billed_calculated_usd decimal(38,12) not null, -- list cost of what was logged on those days
    billed_quantity_usd decimal(38,12) not null, -- list cost of what was billed and not logged, less what was logged and not billed
    billed_rate_usd decimal(38,12) not null, -- discounts that the bill or a contract states, or that a constant share of list proves
    billed_other_lines_usd decimal(38,12) not null, -- tax, credits, support, commitments, corrections, services that are no model
    billed_no_rate_usd decimal(38,12) not null, -- what logs explain of lines in a currency without a rate: those lines count as 0 dollars billed
    billed_unexplained_usd decimal(38,12) not null, -- what is left; billed_usd is billed_calculated_usd and the five after it, added up
    no_bill_usd decimal(38,12) not null, -- list cost of what was logged where no bill is
    supported_workloads bigint not null, -- workloads with MOVE, MOVE_SPLIT or OPTIMIZE
    supported_monthly_savings_usd decimal(18,2) not null, -- their saving at the run date's prices, before maintenance and rework
    supported_net_monthly_savings_usd decimal(18,2) not null, -- their saving after maintenance and rework, mean of the next twelve months
    supported_net_monthly_savings_p10_usd decimal(18,2) not null, -- P10 over volume, token ratios and rework
    supported_net_monthly_savings_p90_usd decimal(18,2) not null, -- P90
    supported_one_off_usd decimal(18,2) not null, -- what the moves cost once
    supported_npv_usd decimal(18,2) not null, -- their net present value, after every cost
    supported_payback_months decimal(9,2), -- longest payback among them, months; null when there is none
    interim_workloads bigint not null, -- supported ones whose saving is a setting taken while something better waits
    interim_net_monthly_savings_usd decimal(18,2) not null, -- their part of the supported saving after costs
    asked_workloads bigint not null, -- workloads whose owner should say whether answers may come later
    indicated_workloads bigint not null, -- workloads with PILOT or WAIT: never added to the supported ones
    indicated_net_monthly_savings_usd decimal(18,2) not null, -- their saving after maintenance and rework; may be negative
    to_test_workloads bigint not null, -- workloads with EVALUATE_NEXT
    to_test_monthly_savings_usd decimal(18,2) not null, -- their expected saving; never added to the supported one
    to_test_net_monthly_savings_usd decimal(18,2) not null, -- the same after maintenance and the rework that the prior expects
    to_test_evaluation_usd decimal(18,2) not null, -- what their evaluations would cost, once
    to_test_monthly_savings_p10_usd decimal(18,2) not null, -- sum of their P10
    to_test_monthly_savings_p90_usd decimal(18,2) not null, -- sum of their P90
    to_test_price_only_monthly_savings_usd decimal(18,2) not null, -- their saving at equal tokens
    kept_workloads bigint not null, -- workloads with KEEP
    blocked_workloads bigint not null, -- workloads with BLOCKED
    rows_in bigint not null, -- rows of all sources
    rows_kept bigint not null, -- rows that stand in the state
    rows_repeated bigint not null, -- rows of a call that stands already
    rows_rejected bigint not null, -- rows left out with a reason
    records_skipped bigint not null, -- records that hold no row
    usage_repaired bigint not null, -- calls whose cached tokens were beside the input and have been added
    usage_assumed bigint not null, -- calls whose log does not say how cached tokens are counted
    usage_missing bigint not null, -- calls without usage
    models_unresolved bigint not null, -- calls of models that the catalog does not know
    reference_claim_ratio decimal(18,1) -- a year's spend over the $30,000 of a published claim; a reference line in no total and no decision
)
stored as parquet
location 'trimtab-out/headline/';
