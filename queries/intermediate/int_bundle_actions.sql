-- One row per bundle: what would be done if it were the workload's answer, and why.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 7.2 (table of actions), 2.8 (commitments), 9 (stages), 5.10 (an evaluation has to be worth its cost)
with facts as (
    select
        int_bundles.recommendation_id,
        int_bundles.workload_id,
        int_bundles.split_rule,
        int_bundles.is_same_model,
        int_bundles.needs_verdict,
        int_bundles.cache_mode,
        int_bundles.lever in ('lever_forced_migration') as is_forced,
        -- All calls leave the model in use, which ends within the horizon, for one that is there and ends later.
        not int_bundles.is_same_model and int_bundles.split_rule is null and int_bundles.adaptation in ('none')
            and (int_bundles.cache_mode is null or prompts.static_source in ('owner'))
            and coalesce(in_use.retires_on < int_limits.horizon_ends, false)
            and (target.retires_on is null or target.retires_on > in_use.retires_on) as is_way_out,
        coalesce(in_use.retires_on <= int_limits.lead_ends, false) as is_due,
        in_use.retires_on,
        int_workloads.has_own_candidates,
        maturity.mature_on,
        prompts.static_source,
        int_workloads.criticality,
        gated.is_blocked,
        gated.binding_gate,
        gated.binding_kind,
        coalesce(array_has(gated.reason_codes, 'PLANNING_PRICE'), false) as is_planned,
        coalesce(not priced.is_source_unpriced and not priced.is_target_unpriced, false) as is_priced,
        priced.source_paid_usd > priced.target_paid_usd as is_cheaper,
        proven.verdict,
        proven.is_in_use_inferior,
        proven.worse_proxies,
        proven.better_proxies,
        proven.items,
        maturity.stage,
        costed.npv_usd,
        costed.npv_p10_usd,
        costed.payback_months,
        costed.appetite_points,
        risks.risk_points,
        worth.evaluation_gain_usd,
        waits.wait_until,
        held.items_min
    from int_bundles
    cross join int_limits
    inner join int_workloads on int_workloads.workload_id = int_bundles.workload_id
    left join models as in_use
        on in_use.provider = int_workloads.main_provider and in_use.model_id = int_workloads.main_model_id
    left join models as target on target.provider = int_bundles.to_provider and target.model_id = int_bundles.to_model_id
    inner join int_workload_parameters as held on held.workload_id = int_bundles.workload_id
    inner join int_workload_maturity as maturity on maturity.workload_id = int_bundles.workload_id
    inner join int_bundles_gated as gated on gated.recommendation_id = int_bundles.recommendation_id
    inner join int_bundles_proven as proven on proven.recommendation_id = int_bundles.recommendation_id
    inner join int_bundle_risks as risks on risks.recommendation_id = int_bundles.recommendation_id
    left join int_workload_static as prompts on prompts.workload_id = int_bundles.workload_id
    left join int_bundles_priced as priced on priced.recommendation_id = int_bundles.recommendation_id
    left join int_bundles_costed as costed on costed.recommendation_id = int_bundles.recommendation_id
    left join int_bundle_waits as waits on waits.recommendation_id = int_bundles.recommendation_id
    left join int_evaluation_worth as worth on worth.recommendation_id = int_bundles.recommendation_id
),

judged as (
    select
        *,
        verdict in ('NON_INFERIOR') or not needs_verdict as is_good,
        verdict in ('NON_INFERIOR') and worse_proxies is null as is_proven
    from facts
),

reasoned as (
    select
        *,
        case
            when is_blocked then binding_gate
            when not is_priced then 'UNPRICED'
            -- Whoever has to leave does not leave for what is known to be worse.
            when is_way_out and verdict in ('INFERIOR') and (is_forced or is_due) then 'INFERIOR'
            when is_forced and is_way_out then 'SOURCE_RETIRES'
            -- Before the end no move could pay: owners who list their candidates have chosen what comes next, and what is proven is
            -- a better way out than what is not (M 7.2).
            when is_way_out and is_due and (has_own_candidates or is_cheaper and is_proven) then 'SOURCE_RETIRES'
            when not is_cheaper then case
                when is_in_use_inferior then 'IN_USE_INFERIOR'
                -- An evaluation that says otherwise is better evidence than signals are.
                when better_proxies is not null and worse_proxies is null and verdict not in ('INFERIOR', 'WORSE') then 'IN_USE_SIGNALS'
                else 'NOTHING_PAYS'
            end
            when verdict in ('INFERIOR') then 'INFERIOR'
            -- What changes no model need not wait for a prototype to grow up (M 9).
            when stage in ('DECLINING') then stage
            -- Nobody waits for longer than the model in use is there.
            when stage in ('PROTOTYPE') and not is_same_model and coalesce(mature_on < retires_on, true) then stage
            when is_good and wait_until is not null and coalesce(wait_until < retires_on, true) then 'COMMITMENT'
            when is_way_out and is_proven and (npv_usd <= 0 or payback_months is null or npv_p10_usd <= 0) then 'SOURCE_RETIRES'
            when is_good and (npv_usd <= 0 or payback_months is null) then 'COSTS_EXCEED_SAVING'
            when is_good and npv_p10_usd <= 0 then 'P10_NOT_POSITIVE'
            when is_good and worse_proxies is not null then 'PROXY_WORSE'
            when is_good and stage in ('GROWING') and not is_same_model then 'GROWING'
            when is_good and risk_points > appetite_points then 'NEEDS_SIGN_OFF'
            when is_good and cache_mode is not null and static_source not in ('owner') then 'PREFIX_NOT_STATED'
            when is_good and is_planned then 'PLANNING_PRICE'
            when is_good and needs_verdict then 'PROVEN'
            when is_good then 'SAME_ANSWERS'
            when verdict in ('WORSE', 'INCONCLUSIVE') and criticality in ('low') and items >= items_min and npv_p10_usd > 0 then verdict
            when verdict in ('WORSE') then 'WORSE'
            when evaluation_gain_usd > 0 and verdict in ('INCONCLUSIVE') then 'WEAK_EVIDENCE'
            when evaluation_gain_usd > 0 then 'NO_EVIDENCE'
            else 'EVAL_NOT_WORTH_IT'
        end as reason
    from judged
)

select
    recommendation_id,
    workload_id,
    stage,
    is_same_model,
    needs_verdict,
    is_proven,
    is_due,
    reason,
    case
        when is_blocked and binding_kind in ('hard') then 'BLOCKED'
        when is_blocked or not is_priced then 'KEEP'
        when reason in ('SOURCE_RETIRES') then 'MIGRATE'
        when reason in ('PROVEN', 'SAME_ANSWERS') then
            case when is_same_model then 'OPTIMIZE' when split_rule is not null then 'MOVE_SPLIT' else 'MOVE' end
        when reason in ('PROXY_WORSE', 'GROWING', 'NEEDS_SIGN_OFF', 'INCONCLUSIVE', 'PREFIX_NOT_STATED', 'PLANNING_PRICE')
            then 'PILOT'
        when reason in ('WORSE') and criticality in ('low') and items >= items_min and npv_p10_usd > 0 then 'PILOT'
        when reason in ('PROTOTYPE') then 'WAIT_MATURITY'
        when reason in ('COMMITMENT') then 'WAIT_COMMITMENT'
        when reason in ('NO_EVIDENCE', 'WEAK_EVIDENCE') then 'EVALUATE_NEXT'
        when reason in ('IN_USE_INFERIOR', 'IN_USE_SIGNALS') then 'MOVE_UP'
        else 'KEEP'
    end as action
from reasoned
