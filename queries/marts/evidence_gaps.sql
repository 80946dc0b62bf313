-- One row per workload whose best untested candidate would save: what to evaluate next, at what cost, and whether it is worth it.
--
-- grain:  workload_id
-- method: M 5.9 (items), 5.10 (ranked by what the evaluation is worth beyond its cost)
with open as (
    select
        alternatives.*,
        row_number() over (
            partition by workload_id
            order by evaluation_gain_usd desc, estimated_monthly_savings_usd desc, recommendation_id
        ) as place
    from alternatives
    where planned_items is not null
        and evaluation_gain_usd is not null
        -- What is proven needs no evaluation, and what is known to be worse deserves none.
        and verdict not in ('NON_INFERIOR', 'INFERIOR', 'WORSE')
)

select
    open.workload_id,
    cast(row_number() over (order by open.evaluation_gain_usd desc, open.workload_id) as bigint) as place,
    open.recommendation_id,
    open.to_provider,
    open.to_model_id,
    decisions.action,
    open.evaluation_gain_usd > 0 as is_worth_it,
    open.evidence_grade,
    open.verdict,
    open.evidence_codes,
    open.evidence_items,
    open.planned_items,
    open.planned_unpaired_items,
    least(open.planned_items, greatest(decisions.logical_requests - decisions.errors - decisions.no_usage_requests - workloads.gateway_cache_hits, 0)) as items_available,
    open.planned_evaluation_usd,
    open.evsi_usd,
    open.net_evsi_usd,
    open.evaluation_gain_usd,
    open.estimated_monthly_savings_usd,
    open.net_monthly_savings_usd,
    concat('trimtab sample ', open.workload_id) as sample_command
from open
inner join decisions on decisions.workload_id = open.workload_id
inner join workloads on workloads.workload_id = open.workload_id
where open.place = 1
    -- A way out that is not proven is a reason to evaluate, not one to stop.
    and (
        decisions.action not in ('MOVE', 'MOVE_SPLIT', 'MIGRATE', 'BLOCKED')
        or decisions.action in ('MIGRATE') and coalesce(decisions.verdict, '') not in ('NON_INFERIOR')
        or decisions.recommendation_id = open.recommendation_id
    )
