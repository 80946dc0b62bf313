-- One row: the totals of the page for leadership. Supported, indicated and to-test savings are never added together.
--
-- grain:  run_date
-- method: M 0.6, 2.6, 2.7, 6.7, 7.9
with spend as (
    select
        count(*) as workloads,
        sum(requests) as requests,
        sum(unknown_model_requests + unpriced_requests) as unpriced_requests,
        sum(no_usage_requests) as no_usage_requests,
        cast(sum(cost_usd) as decimal(38, 12)) as spend_window_usd,
        cast(sum(case when workload_source = 'unattributed' then cost_usd else 0 end) as decimal(38, 12)) as unattributed_usd,
        cast(cast(sum(cost_usd) as double) * max(month_factor_numerator) / max(month_factor_denominator) as decimal(18, 2))
            as monthly_cost_usd
    from workloads
    cross join settings
),

decided as (
    select
        sum(case when action in ('MOVE', 'MOVE_SPLIT', 'OPTIMIZE') or interim_bundle is not null then 1 else 0 end)
            as supported_workloads,
        cast(sum(case when action in ('MOVE', 'MOVE_SPLIT', 'OPTIMIZE') then estimated_monthly_savings_usd
            else coalesce(interim_monthly_savings_usd, 0) end) as decimal(18, 2)) as supported_monthly_savings_usd,
        sum(case when interim_bundle is not null then 1 else 0 end) as interim_workloads,
        cast(sum(coalesce(interim_net_monthly_savings_usd, 0)) as decimal(18, 2)) as interim_net_monthly_savings_usd,
        sum(case when asked_monthly_savings_usd is not null then 1 else 0 end) as asked_workloads,
        sum(case when action in ('PILOT', 'WAIT_MATURITY', 'WAIT_COMMITMENT') then 1 else 0 end) as indicated_workloads,
        cast(sum(case when action in ('PILOT', 'WAIT_MATURITY', 'WAIT_COMMITMENT') then net_monthly_savings_usd else 0 end)
            as decimal(18, 2)) as indicated_net_monthly_savings_usd,
        sum(case when action = 'EVALUATE_NEXT' then 1 else 0 end) as to_test_workloads,
        cast(sum(case when action = 'EVALUATE_NEXT' then net_monthly_savings_usd else 0 end) as decimal(18, 2))
            as to_test_net_monthly_savings_usd,
        cast(sum(case when action = 'EVALUATE_NEXT' then planned_evaluation_usd else 0 end) as decimal(18, 2))
            as to_test_evaluation_usd,
        cast(sum(case when action = 'EVALUATE_NEXT' then estimated_monthly_savings_usd else 0 end) as decimal(18, 2))
            as to_test_monthly_savings_usd,
        cast(sum(case when action = 'EVALUATE_NEXT' then estimated_monthly_savings_p10_usd else 0 end) as decimal(18, 2))
            as to_test_monthly_savings_p10_usd,
        cast(sum(case when action = 'EVALUATE_NEXT' then estimated_monthly_savings_p90_usd else 0 end) as decimal(18, 2))
            as to_test_monthly_savings_p90_usd,
        cast(sum(case when action = 'EVALUATE_NEXT' then price_only_monthly_savings_usd else 0 end) as decimal(18, 2))
            as to_test_price_only_monthly_savings_usd,
        sum(case when action = 'KEEP' then 1 else 0 end) as kept_workloads,
        sum(case when action = 'BLOCKED' then 1 else 0 end) as blocked_workloads
    from decisions
),

-- After every cost, settings that are taken while something better waits included.
proven as (
    select
        portfolio.net_monthly_usd,
        portfolio.net_monthly_p10_usd,
        portfolio.net_monthly_p90_usd,
        portfolio.one_off_usd,
        portfolio.npv_usd,
        portfolio.payback_months
    from portfolio
    where portfolio.policy in ('decisions')
),

rows_read as (
    select
        sum(rows_in) as rows_in,
        sum(rows_kept) as rows_kept,
        sum(rows_repeated) as rows_repeated,
        sum(rows_rejected) as rows_rejected,
        sum(records_skipped) as records_skipped,
        sum(usage_repaired) as usage_repaired,
        sum(usage_assumed) as usage_assumed,
        sum(usage_missing) as usage_missing,
        sum(models_unresolved) as models_unresolved
    from coverage
    where event_date is null
)

select
    settings.run_date,
    settings.window_from,
    coalesce(spend.workloads, 0) as workloads,
    coalesce(spend.requests, 0) as requests,
    coalesce(spend.unpriced_requests, 0) as unpriced_requests,
    coalesce(spend.no_usage_requests, 0) as no_usage_requests,
    coalesce(spend.spend_window_usd, cast(0 as decimal(38, 12))) as spend_window_usd,
    coalesce(spend.unattributed_usd, cast(0 as decimal(38, 12))) as unattributed_usd,
    coalesce(spend.monthly_cost_usd, cast(0 as decimal(18, 2))) as monthly_cost_usd,
    total.status as reconciliation_status,
    total.billed_usd,
    total.calculated_usd as billed_calculated_usd,
    total.quantity_usd as billed_quantity_usd,
    total.rate_usd as billed_rate_usd,
    total.other_lines_usd as billed_other_lines_usd,
    total.no_rate_usd as billed_no_rate_usd,
    total.unexplained_usd as billed_unexplained_usd,
    total.no_bill_usd,
    coalesce(decided.supported_workloads, 0) as supported_workloads,
    coalesce(decided.supported_monthly_savings_usd, cast(0 as decimal(18, 2))) as supported_monthly_savings_usd,
    proven.net_monthly_usd as supported_net_monthly_savings_usd,
    proven.net_monthly_p10_usd as supported_net_monthly_savings_p10_usd,
    proven.net_monthly_p90_usd as supported_net_monthly_savings_p90_usd,
    proven.one_off_usd as supported_one_off_usd,
    proven.npv_usd as supported_npv_usd,
    proven.payback_months as supported_payback_months,
    coalesce(decided.interim_workloads, 0) as interim_workloads,
    coalesce(decided.interim_net_monthly_savings_usd, cast(0 as decimal(18, 2))) as interim_net_monthly_savings_usd,
    coalesce(decided.asked_workloads, 0) as asked_workloads,
    coalesce(decided.indicated_workloads, 0) as indicated_workloads,
    coalesce(decided.indicated_net_monthly_savings_usd, cast(0 as decimal(18, 2))) as indicated_net_monthly_savings_usd,
    coalesce(decided.to_test_workloads, 0) as to_test_workloads,
    coalesce(decided.to_test_net_monthly_savings_usd, cast(0 as decimal(18, 2))) as to_test_net_monthly_savings_usd,
    coalesce(decided.to_test_evaluation_usd, cast(0 as decimal(18, 2))) as to_test_evaluation_usd,
    coalesce(decided.to_test_monthly_savings_usd, cast(0 as decimal(18, 2))) as to_test_monthly_savings_usd,
    coalesce(decided.to_test_monthly_savings_p10_usd, cast(0 as decimal(18, 2))) as to_test_monthly_savings_p10_usd,
    coalesce(decided.to_test_monthly_savings_p90_usd, cast(0 as decimal(18, 2))) as to_test_monthly_savings_p90_usd,
    coalesce(decided.to_test_price_only_monthly_savings_usd, cast(0 as decimal(18, 2))) as to_test_price_only_monthly_savings_usd,
    coalesce(decided.kept_workloads, 0) as kept_workloads,
    coalesce(decided.blocked_workloads, 0) as blocked_workloads,
    coalesce(rows_read.rows_in, 0) as rows_in,
    coalesce(rows_read.rows_kept, 0) as rows_kept,
    coalesce(rows_read.rows_repeated, 0) as rows_repeated,
    coalesce(rows_read.rows_rejected, 0) as rows_rejected,
    coalesce(rows_read.records_skipped, 0) as records_skipped,
    coalesce(rows_read.usage_repaired, 0) as usage_repaired,
    coalesce(rows_read.usage_assumed, 0) as usage_assumed,
    coalesce(rows_read.usage_missing, 0) as usage_missing,
    coalesce(rows_read.models_unresolved, 0) as models_unresolved,
    int_reference_claim.reference_claim_ratio
from settings
cross join int_reference_claim
cross join int_reconciled_total as total
cross join spend
cross join decided
cross join proven
cross join rows_read
