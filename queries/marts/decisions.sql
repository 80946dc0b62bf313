-- One row per workload: the one action, its reason, and the saving that it is about.
--
-- grain:  workload_id
-- method: M 7.1, 7.2, 9; no row says MOVE without proof; benefits of kind time and revenue are shown, never added
with workload as (
    select
        int_workloads.*,
        models.retires_on,
        maturity.mature_on,
        int_workloads.unknown_model_requests + int_workloads.unpriced_requests + int_workloads.no_usage_requests
            >= int_workloads.requests as is_unpriced,
        models.retires_on < int_limits.horizon_ends as is_source_retiring,
        coalesce(models.retires_on <= int_limits.lead_ends, false) as is_source_ending
    from int_workloads
    cross join int_limits
    inner join int_workload_maturity as maturity on maturity.workload_id = int_workloads.workload_id
    left join models on models.provider = int_workloads.main_provider and models.model_id = int_workloads.main_model_id
),

named_benefits as (
    select
        workload_id,
        cast(sum(case when kind in ('time') then usd_per_month end) as decimal(18, 2)) as benefit_time_monthly_usd,
        cast(sum(case when kind in ('revenue') then usd_per_month end) as decimal(18, 2)) as benefit_revenue_monthly_usd
    from benefits
    group by workload_id
),

-- The candidate that may be taken; else the one to pilot, to test or to wait for; else the one that comes nearest.
preferred as (
    select
        *,
        case
            when action in ('MOVE', 'MOVE_SPLIT', 'OPTIMIZE') then 1
            when action in ('PILOT', 'WAIT_COMMITMENT') then 2
            when action in ('EVALUATE_NEXT') then 3
            when action in ('WAIT_MATURITY') then 4
            when finding in ('cheaper') then 5
            when action in ('MOVE_UP') then 6
            when finding in ('blocked') and price_only_monthly_savings_usd > 0 then 7
            when finding in ('dearer') then 8
            else 9
        end as preference
    from alternatives
),

ranked as (
    select
        *,
        -- What earns most over the horizon, or what is most worth testing; then what passes and saves most; then by name.
        row_number() over (
            partition by workload_id
            order by
                preference, case when preference <= 2 then npv_usd when preference = 3 then net_evsi_usd end desc nulls last,
                pass_share_spend desc, estimated_monthly_savings_usd desc nulls last, to_provider, to_model_id, recommendation_id
        ) as place
    from preferred
),

chosen as (
    select
        workload.*,
        ranked.* exclude (workload_id, action),
        case
            when workload.workload_source = 'unattributed' then 'KEEP'
            when workload.is_unpriced or ranked.binding_gate in ('UNPRICED', 'VOLUME') then 'BLOCKED'
            -- The model in use ends before a move could pay: whatever comes next is no saving of ours (M 7.2).
            when workload.is_source_ending then 'MIGRATE'
            when ranked.preference <= 7 then ranked.action
            else 'KEEP'
        end as action,
        case
            when workload.workload_source = 'unattributed' then 'UNATTRIBUTED'
            when workload.is_unpriced and workload.unknown_model_requests + workload.unpriced_requests = 0 then 'NO_USAGE'
            when workload.is_unpriced then 'UNPRICED'
            when ranked.binding_gate in ('UNPRICED', 'VOLUME') then ranked.binding_gate
            when workload.is_source_ending then 'SOURCE_RETIRES'
            when ranked.finding is null then 'NO_CANDIDATE'
            when ranked.preference <= 7 then ranked.action_reason
            else 'NOTHING_PAYS'
        end as reason
    from workload
    left join ranked on ranked.workload_id = workload.workload_id and ranked.place = 1
)

select
    chosen.workload_id,
    chosen.recommendation_id, action, reason,
    nullif(concat_ws(
        ', ', reason_codes, evidence_codes, case when is_source_retiring then 'SOURCE_RETIRES' end,
        case when reason in ('PROTOTYPE') and current_monthly_cost_usd > 5000 then 'EVALUATE_NOW' end
    ), '') as reason_codes,
    case when reason = binding_gate then binding_gate end as binding_gate,
    unknown_facts, not_tested, owner, criticality,
    stage,
    case when action in ('WAIT_MATURITY') then mature_on when action in ('WAIT_COMMITMENT') then waits.wait_until end as wait_until,
    main_provider as from_provider, main_model_id as from_model_id, retires_on as from_retires_on,
    to_provider, to_model_id,
    current_monthly_cost_usd,
    projected_monthly_cost_usd,
    price_only_monthly_savings_usd,
    estimated_monthly_savings_usd,
    estimated_monthly_savings_p10_usd,
    estimated_monthly_savings_p90_usd,
    discounted_monthly_savings_usd,
    horizon_monthly_savings_usd,
    evidence_grade, verdict, verdict_unadjusted, evidence_items, quality_change_share, margin_share, risk_points, risk_level,
    rework_monthly_usd, maintenance_monthly_usd, net_monthly_savings_usd, net_monthly_savings_p10_usd, net_monthly_savings_p90_usd,
    one_off_usd, npv_usd, npv_p10_usd, npv_p90_usd, payback_months, roi_ratio, roi_status, break_even_requests,
    planned_items, planned_evaluation_usd, evsi_usd, net_evsi_usd, assumptions, benefit_time_monthly_usd, benefit_revenue_monthly_usd,
    cast(null as varchar) as interim_bundle,
    case
        when unknown_model_requests + unpriced_requests + no_usage_requests < requests then cost_usd
    end as spend_window_usd,
    requests, logical_requests, unknown_model_requests + unpriced_requests as unpriced_requests, no_usage_requests
from chosen
left join named_benefits on named_benefits.workload_id = chosen.workload_id
left join int_bundle_waits as waits on waits.recommendation_id = chosen.recommendation_id
