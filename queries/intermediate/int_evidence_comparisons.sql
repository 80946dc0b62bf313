-- One row per comparison of two runs: its counts, the margin that it has to hold, and how it can be tested.
--
-- grain:  recommendation_id, eval_set, method, rubric, split_rule
-- by_workload: yes
-- method: M 5.3 (clusters scale all counts), 5.4, 5.5 (margin by criticality), 5.6 (judges)
with counted as (
    select
        sides.*,
        coalesce(pairs.pairs, 0) as pairs,
        coalesce(pairs.only_in_use, 0) as only_in_use,
        coalesce(pairs.only_candidate, 0) as only_candidate,
        case when pairs.pairs > 0 then pairs.from_right else sides.from_right end as compared_from_right,
        case when pairs.pairs > 0 then pairs.to_right else sides.to_right end as compared_to_right,
        case when pairs.pairs > 0 then pairs.pairs else sides.from_items end as compared_from_items,
        case when pairs.pairs > 0 then pairs.pairs else sides.to_items end as compared_to_items,
        -- Items that one side alone answered, as a share of all: an answer that failed must not vanish.
        case
            when pairs.pairs > 0
                then cast(greatest(sides.from_items, sides.to_items) - pairs.pairs as double)
                    / (sides.from_items + sides.to_items - pairs.pairs)
            else 0.0
        end as missing_share,
        case
            when sides.clusters > 0
                then 1.0 + (cast(sides.clustered_items as double) / sides.clusters - 1.0) * held.cluster_icc
            else 1.0
        end as deff,
        case int_workloads.criticality when 'low' then held.margin_low when 'high' then held.margin_high else held.margin_medium end
            as margin,
        held.items_min,
        held.guess_share,
        held.missing_share_max,
        held.evidence_days_max,
        held.judge_attenuation,
        held.judge_specificity,
        held.judge_sensitivity,
        held.judge_items_wrong,
        held.judge_items_right,
        held.z95,
        sides.method in ('llm_judge') and held.judge_items_wrong > 0 and held.judge_items_right > 0 as is_judge_calibrated,
        sides.method in ('llm_judge') and (held.judge_items_wrong <= 0 or held.judge_items_right <= 0) as is_judge_raw
    from int_evidence_sides as sides
    inner join int_workloads on int_workloads.workload_id = sides.workload_id
    inner join int_workload_parameters as held on held.workload_id = sides.workload_id
    left join int_evidence_pairs as pairs
        on pairs.recommendation_id = sides.recommendation_id
        and pairs.eval_set = sides.eval_set
        and pairs.method = sides.method
        and pairs.rubric = sides.rubric
        and pairs.split_rule = sides.split_rule
)

select
    *,
    case
        when is_judge_calibrated then 'judge'
        when pairs > 0 then 'paired'
        when compared_from_right is not null and compared_to_right is not null then 'unpaired'
    end as test,
    least(compared_from_items, compared_to_items) / deff as effective_items,
    pairs / deff as n,
    only_in_use / deff as b,
    only_candidate / deff as c,
    compared_from_items / deff as from_n,
    compared_to_items / deff as to_n,
    cast(compared_from_right as double) / compared_from_items as from_share,
    cast(compared_to_right as double) / compared_to_items as to_share,
    -- A judge that nobody calibrated shows part of the difference only: the margin shrinks alike.
    case when is_judge_raw then judge_attenuation else 1.0 end as attenuation,
    case when is_judge_raw then margin * judge_attenuation else margin end as tested_margin
from counted
