-- One row per bundle: its risk points by dimension, their sum and the level that it means.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 5.11 (a sum of points that anyone can recompute; 0 to 2 Very low, 3 and 4 Low, 5 to 7 Medium, from 8 High)
with points as (
    select
        int_bundles.recommendation_id,
        case
            when not int_bundles.needs_verdict then 0
            when proven.verdict in ('NON_INFERIOR') then case proven.evidence_grade when 'A' then 0 when 'B' then 1 else 2 end
            when proven.verdict in ('INFERIOR') then 8
            when proven.verdict in ('INCONCLUSIVE') then 4
            else 5
        end as verdict_points,
        case int_workloads.criticality when 'low' then 0 when 'high' then 3 else 1 end as criticality_points,
        case when int_bundles.to_provider = int_workloads.main_provider then 0 else 1 end
        + case
            when int_bundles.adaptation in ('post_train', 'self_host') then 2
            when int_bundles.adaptation in ('prompt_trim') then 1
            else 0
        end as change_points,
        case when int_bundles.adaptation in ('post_train') then 1 else 0 end as brittleness_points,
        case
            when (reserves.input_p999_needed + reserves.reserved_output) * 10 > reserves.context_window_tokens * 8
                or reserves.output_needed * 10 > reserves.max_output_tokens * 8 then 1
            else 0
        end as headroom_points,
        case maturity.stage when 'PROTOTYPE' then 4 when 'GROWING' then 2 else 0 end as maturity_points,
        case
            when array_has(gated.reason_codes, 'RETIRES_IN_HORIZON') or int_bundles.to_model_id like '%preview%' then 1
            else 0
        end as lifecycle_points,
        -- One flag leads back to the model in use.
        case when held.has_rollback_flag > 0 then -1 else 0 end as reversible_points
    from int_bundles
    inner join int_workloads on int_workloads.workload_id = int_bundles.workload_id
    inner join int_workload_parameters as held on held.workload_id = int_bundles.workload_id
    inner join int_bundles_proven as proven on proven.recommendation_id = int_bundles.recommendation_id
    inner join int_bundles_gated as gated on gated.recommendation_id = int_bundles.recommendation_id
    inner join int_workload_maturity as maturity on maturity.workload_id = int_bundles.workload_id
    left join int_bundle_reserves as reserves on reserves.recommendation_id = int_bundles.recommendation_id
),

summed as (
    select
        *,
        greatest(
            verdict_points + criticality_points + change_points + brittleness_points + headroom_points + maturity_points
                + lifecycle_points + reversible_points,
            0
        ) as risk_points,
        greatest(
            verdict_points, criticality_points, change_points, brittleness_points, headroom_points, maturity_points, lifecycle_points
        ) as highest_points
    from points
)

select
    *,
    case when risk_points <= 2 then 'Very low' when risk_points <= 4 then 'Low' when risk_points <= 7 then 'Medium' else 'High' end
        as risk_level,
    -- What weighs most, the first of the table where several do.
    case
        when highest_points <= 0 then 'none'
        when verdict_points = highest_points then 'verdict'
        when criticality_points = highest_points then 'criticality'
        when change_points = highest_points then 'change'
        when brittleness_points = highest_points then 'brittleness'
        when headroom_points = highest_points then 'headroom'
        when maturity_points = highest_points then 'maturity'
        else 'lifecycle'
    end as highest_risk
from summed
