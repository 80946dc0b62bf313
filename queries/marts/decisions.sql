-- One row per workload: the one action, its reason, and the saving that it is about.
--
-- grain:  workload_id
-- by_workload: yes
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
    -- What is no way out of a model that ends is nothing to name.
    where not workload.is_source_ending or alternatives.action in ('MIGRATE') or alternatives.binding_gate in ('UNPRICED')
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
            estimated_monthly_savings_p90_usd, discounted_monthly_savings_usd, horizon_monthly_savings_usd, net_monthly_savings_usd,
            net_monthly_savings_p10_usd, net_monthly_savings_p90_usd, npv_usd, npv_p10_usd, npv_p90_usd, payback_months, roi_ratio,
            roi_status, break_even_requests),
        cast(ranked.estimated_monthly_savings_usd * counted as decimal(18, 2)) as estimated_monthly_savings_usd,
        cast(ranked.estimated_monthly_savings_p10_usd * counted as decimal(18, 2)) as estimated_monthly_savings_p10_usd,
        cast(ranked.estimated_monthly_savings_p90_usd * counted as decimal(18, 2)) as estimated_monthly_savings_p90_usd,
        cast(ranked.discounted_monthly_savings_usd * counted as decimal(18, 2)) as discounted_monthly_savings_usd,
        cast(ranked.horizon_monthly_savings_usd * counted as decimal(18, 2)) as horizon_monthly_savings_usd,
        -- What the way out costs is left of its net saving; there is nothing that it could pay back.
        case counted when 0 then cast(-maintenance_monthly_usd - rework_monthly_usd as decimal(18, 2))
            else net_monthly_savings_usd end as net_monthly_savings_usd,
        case counted when 1 then net_monthly_savings_p10_usd end as net_monthly_savings_p10_usd,
        case counted when 1 then net_monthly_savings_p90_usd end as net_monthly_savings_p90_usd,
        case counted when 1 then npv_usd end as npv_usd,
        case counted when 1 then npv_p10_usd end as npv_p10_usd,
        case counted when 1 then npv_p90_usd end as npv_p90_usd,
        case counted when 1 then payback_months end as payback_months,
        case counted when 1 then roi_ratio end as roi_ratio,
        case counted when 0 then 'NOT_APPLICABLE' else roi_status end as roi_status,
        case counted when 1 then break_even_requests end as break_even_requests,
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
            when workload.is_source_ending and ranked.action in ('MIGRATE') then 'SOURCE_RETIRES'
            when workload.is_source_ending then 'NO_SUCCESSOR'
            when ranked.finding is null then 'NO_CANDIDATE'
            when ranked.preference not in (8, 10) then ranked.action_reason
            else 'NOTHING_PAYS'
        end as reason
    from workload
    left join ranked on ranked.workload_id = workload.workload_id
),

-- The model in use does worse than some candidate, whatever is decided.
failing as (
    select distinct workload_id from alternatives where action in ('MOVE_UP')
),

-- What the sentences speak of.
worded as (
    select
        chosen.*,
        concat_ws(' ', main_provider, main_model_id) as in_use,
        nullif(concat_ws(
            ', ', case when (to_provider, to_model_id) is distinct from (main_provider, main_model_id) then concat_ws(' ', to_provider, to_model_id) end, setting
        ), '') as candidate,
        case chosen.action
            when 'WAIT_COMMITMENT' then waits.wait_until
            when 'WAIT_MATURITY' then mature_on
            when 'PILOT' then case when reason in ('GROWING') then mature_on end
        end as wait_until
    from chosen
    left join int_bundle_waits as waits on waits.recommendation_id = chosen.recommendation_id
)

select
    chosen.workload_id, chosen.recommendation_id, chosen.lever, chosen.action, chosen.reason,
    nullif(concat_ws(', ', chosen.reason_codes, chosen.evidence_codes, case when is_source_retiring then 'SOURCE_RETIRES' end,
        case when failing.workload_id is not null then 'IN_USE_FAILS' end,
        case when chosen.reason in ('PROTOTYPE') and chosen.current_monthly_cost_usd > 5000 then 'EVALUATE_NOW' end
    ), '') as reason_codes,
    case when chosen.reason = chosen.binding_gate then chosen.binding_gate end as binding_gate,
    chosen.unknown_facts, chosen.not_tested, owner, criticality, chosen.stage,
    chosen.finding, chosen.wait_until,
    main_provider as from_provider, main_model_id as from_model_id, retires_on as from_retires_on,
    chosen.to_provider, chosen.to_model_id, chosen.to_service_tier, chosen.cache_mode, chosen.static_kept_ratio,
    chosen.reasoning_effort, chosen.split_rule, chosen.setting, chosen.current_monthly_cost_usd, chosen.projected_monthly_cost_usd,
    chosen.price_only_monthly_savings_usd, chosen.estimated_monthly_savings_usd,
    chosen.estimated_monthly_savings_p10_usd, chosen.estimated_monthly_savings_p90_usd,
    chosen.discounted_monthly_savings_usd, chosen.horizon_monthly_savings_usd, chosen.evidence_grade, chosen.verdict,
    chosen.verdict_unadjusted, chosen.evidence_items, chosen.quality_change_share, chosen.margin_share,
    chosen.risk_points, chosen.risk_level, chosen.highest_risk, chosen.confidence, chosen.projection_basis,
    chosen.implementation_effort, chosen.is_rollback_possible, settings.window_days as lookback_period_in_days,
    round(cast(chosen.estimated_monthly_savings_usd as double) / nullif(cast(chosen.current_monthly_cost_usd as double), 0.0), 6)
        as estimated_savings_share,
    replace(replace(replace(replace(replace(replace(coalesce(words.problem, gate_words.problem), '{facts}', coalesce(chosen.unknown_facts, '')),
        '{in_use}', chosen.in_use), '{candidate}', coalesce(candidate, 'a candidate')), '{gate}', coalesce(chosen.binding_gate, chosen.reason)),
        '{signals}', coalesce(chosen.worse_proxies, '')), '{retires}', coalesce(cast(retires_on as varchar), 'its end'))
        || case when is_source_retiring and chosen.reason not in ('SOURCE_RETIRES', 'NO_SUCCESSOR')
            then concat(' ', chosen.in_use, ' is no longer served from ', cast(retires_on as varchar), ' on.') else '' end as problem_statement,
    replace(replace(replace(replace(coalesce(words.solution, gate_words.solution),
        '{in_use}', chosen.in_use), '{candidate}', coalesce(candidate, 'a candidate')),
        '{items}', coalesce(cast(chosen.planned_items as varchar), 'enough')), '{when}', coalesce(cast(chosen.wait_until as varchar), 'a later day'))
        || case when is_source_retiring and chosen.action in ('KEEP', 'BLOCKED', 'OPTIMIZE', 'WAIT_MATURITY', 'WAIT_COMMITMENT')
            then ' Choose what comes after the model in use before that day.' else '' end as solution_statement,
    effective.effective_settings,
    substr(encode(sha256(concat_ws(chr(31), chosen.workload_id, chosen.recommendation_id, chosen.action, chosen.reason, retires_on, chosen.reason_codes,
        chosen.evidence_codes, chosen.current_monthly_cost_usd, chosen.projected_monthly_cost_usd, chosen.estimated_monthly_savings_p10_usd,
        chosen.estimated_monthly_savings_p90_usd, chosen.discounted_monthly_savings_usd, chosen.horizon_monthly_savings_usd,
        chosen.evidence_grade, chosen.verdict, chosen.evidence_items, chosen.quality_change_share, chosen.risk_points, chosen.confidence,
        chosen.net_monthly_savings_usd, chosen.net_monthly_savings_p10_usd, chosen.net_monthly_savings_p90_usd, chosen.one_off_usd,
        chosen.npv_usd, chosen.payback_months, chosen.roi_ratio, chosen.assumptions, interim.recommendation_id, effective.effective_settings
    )), 'hex'), 1, 16) as etag, chosen.rework_monthly_usd, chosen.maintenance_monthly_usd,
    chosen.net_monthly_savings_usd, chosen.net_monthly_savings_p10_usd, chosen.net_monthly_savings_p90_usd,
    chosen.one_off_usd, chosen.npv_usd, chosen.npv_p10_usd, chosen.npv_p90_usd, chosen.payback_months,
    chosen.roi_ratio, chosen.roi_status, chosen.break_even_requests, chosen.planned_items,
    chosen.planned_evaluation_usd, chosen.evsi_usd, chosen.net_evsi_usd, chosen.evaluation_gain_usd, chosen.assumptions, benefit_time_monthly_usd,
    benefit_revenue_monthly_usd, interim.recommendation_id as interim_bundle, interim.lever as interim_lever,
    interim.setting as interim_setting, interim.one_off_usd as interim_one_off_usd,
    interim.estimated_monthly_savings_usd as interim_monthly_savings_usd, interim.net_monthly_savings_usd as interim_net_monthly_savings_usd,
    case when coalesce(chosen.lever, '') not like '%lever_batch_or_flex%' then asked.asked_monthly_usd end as asked_monthly_savings_usd,
    case when unknown_model_requests + unpriced_requests + no_usage_requests < requests then cost_usd end as spend_window_usd,
    chosen.errors, chosen.input_tokens, chosen.cache_read_tokens, chosen.output_tokens, chosen.reasoning_tokens,
    chosen.requests, chosen.logical_requests, unknown_model_requests + unpriced_requests as unpriced_requests, no_usage_requests
from worded as chosen
cross join settings
left join named_benefits on named_benefits.workload_id = chosen.workload_id
inner join int_effective_settings as effective on effective.workload_id = chosen.workload_id
left join decision_words as words on words.reason = chosen.reason
left join decision_words as gate_words on gate_words.reason is null
left join asked on asked.workload_id = chosen.workload_id
left join failing on failing.workload_id = chosen.workload_id
left join interim
    on interim.workload_id = chosen.workload_id
    and chosen.action in ('PILOT', 'EVALUATE_NEXT', 'WAIT_MATURITY', 'WAIT_COMMITMENT')
