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
ranked as (
    select
        alternatives.* exclude (binding_gate),
        -- Too little traffic is a fact of the workload, whatever else stands in the way of the candidate that comes nearest.
        case when ranks.preference >= 7 and alternatives.reason_codes like '%VOLUME%' then 'VOLUME' else alternatives.binding_gate end
            as binding_gate,
        ranks.preference,
        -- A forced move saves nothing: it is measured against what the provider puts in its place.
        case when workload.is_source_ending or alternatives.action in ('MIGRATE') then 0 else 1 end as counted
    from alternatives
    inner join int_bundle_ranks as ranks on ranks.recommendation_id = alternatives.recommendation_id and ranks.place = 1
    inner join workload on workload.workload_id = alternatives.workload_id
),

-- The best setting of the model in use that needs no more proof, while a better bundle waits for its own.
interim as (
    select alternatives.*
    from alternatives
    inner join int_bundle_ranks as ranks on ranks.recommendation_id = alternatives.recommendation_id and ranks.interim_place = 1
),

-- What answers that come later would save beside all else: a question to the owner, in no total.
asked as (
    select workload_id, max(asked_monthly_usd) as asked_monthly_usd from int_bundle_ranks group by workload_id
),

chosen as (
    select
        workload.*,
        ranked.* exclude (workload_id, action, estimated_monthly_savings_usd, estimated_monthly_savings_p10_usd,
            estimated_monthly_savings_p90_usd, discounted_monthly_savings_usd, horizon_monthly_savings_usd),
        cast(ranked.estimated_monthly_savings_usd * counted as decimal(18, 2)) as estimated_monthly_savings_usd,
        cast(ranked.estimated_monthly_savings_p10_usd * counted as decimal(18, 2)) as estimated_monthly_savings_p10_usd,
        cast(ranked.estimated_monthly_savings_p90_usd * counted as decimal(18, 2)) as estimated_monthly_savings_p90_usd,
        cast(ranked.discounted_monthly_savings_usd * counted as decimal(18, 2)) as discounted_monthly_savings_usd,
        cast(ranked.horizon_monthly_savings_usd * counted as decimal(18, 2)) as horizon_monthly_savings_usd,
        case
            when workload.workload_source = 'unattributed' then 'KEEP'
            when workload.is_unpriced or ranked.binding_gate in ('UNPRICED', 'VOLUME') then 'BLOCKED'
            -- The model in use ends before a move could pay: whatever comes next is no saving of ours (M 7.2).
            when workload.is_source_ending then 'MIGRATE'
            when ranked.preference not in (8, 10) then ranked.action
            else 'KEEP'
        end as action,
        case
            when workload.workload_source = 'unattributed' then 'UNATTRIBUTED'
            when workload.is_unpriced and workload.unknown_model_requests + workload.unpriced_requests = 0 then 'NO_USAGE'
            when workload.is_unpriced then 'UNPRICED'
            when ranked.binding_gate in ('UNPRICED', 'VOLUME') then ranked.binding_gate
            when workload.is_source_ending then 'SOURCE_RETIRES'
            when ranked.finding is null then 'NO_CANDIDATE'
            when ranked.preference not in (8, 10) then ranked.action_reason
            else 'NOTHING_PAYS'
        end as reason
    from workload
    left join ranked on ranked.workload_id = workload.workload_id
)

select
    chosen.workload_id, chosen.recommendation_id, chosen.lever, chosen.action, chosen.reason,
    nullif(concat_ws(', ', chosen.reason_codes, chosen.evidence_codes, case when is_source_retiring then 'SOURCE_RETIRES' end,
        case when reason in ('PROTOTYPE') and chosen.current_monthly_cost_usd > 5000 then 'EVALUATE_NOW' end
    ), '') as reason_codes,
    case when reason = chosen.binding_gate then chosen.binding_gate end as binding_gate,
    chosen.unknown_facts, chosen.not_tested, owner, criticality, chosen.stage,
    case chosen.action when 'WAIT_MATURITY' then mature_on when 'WAIT_COMMITMENT' then waits.wait_until end as wait_until,
    main_provider as from_provider, main_model_id as from_model_id, retires_on as from_retires_on,
    chosen.to_provider, chosen.to_model_id, chosen.to_service_tier, chosen.cache_mode, chosen.static_kept_ratio,
    chosen.reasoning_effort, chosen.split_rule, chosen.setting, chosen.current_monthly_cost_usd, chosen.projected_monthly_cost_usd,
    chosen.price_only_monthly_savings_usd, chosen.estimated_monthly_savings_usd,
    chosen.estimated_monthly_savings_p10_usd, chosen.estimated_monthly_savings_p90_usd,
    chosen.discounted_monthly_savings_usd, chosen.horizon_monthly_savings_usd, chosen.evidence_grade, chosen.verdict,
    chosen.verdict_unadjusted, chosen.evidence_items, chosen.quality_change_share, chosen.margin_share,
    chosen.risk_points, chosen.risk_level, chosen.confidence, chosen.rework_monthly_usd, chosen.maintenance_monthly_usd,
    chosen.net_monthly_savings_usd, chosen.net_monthly_savings_p10_usd, chosen.net_monthly_savings_p90_usd,
    chosen.one_off_usd, chosen.npv_usd, chosen.npv_p10_usd, chosen.npv_p90_usd, chosen.payback_months,
    chosen.roi_ratio, chosen.roi_status, chosen.break_even_requests, chosen.planned_items,
    chosen.planned_evaluation_usd, chosen.evsi_usd, chosen.net_evsi_usd, chosen.assumptions, benefit_time_monthly_usd,
    benefit_revenue_monthly_usd, interim.recommendation_id as interim_bundle, interim.lever as interim_lever,
    interim.setting as interim_setting, interim.one_off_usd as interim_one_off_usd,
    interim.estimated_monthly_savings_usd as interim_monthly_savings_usd, interim.net_monthly_savings_usd as interim_net_monthly_savings_usd,
    case when coalesce(chosen.lever, '') not like '%lever_batch_or_flex%' then asked.asked_monthly_usd end as asked_monthly_savings_usd,
    case when unknown_model_requests + unpriced_requests + no_usage_requests < requests then cost_usd end as spend_window_usd,
    chosen.requests, chosen.logical_requests, unknown_model_requests + unpriced_requests as unpriced_requests, no_usage_requests
from chosen
left join named_benefits on named_benefits.workload_id = chosen.workload_id
left join int_bundle_waits as waits on waits.recommendation_id = chosen.recommendation_id
left join asked on asked.workload_id = chosen.workload_id
left join interim
    on interim.workload_id = chosen.workload_id
    and chosen.action in ('PILOT', 'EVALUATE_NEXT', 'WAIT_MATURITY', 'WAIT_COMMITMENT')
