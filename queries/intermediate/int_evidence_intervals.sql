-- One row per paired comparison: the interval of the candidate's change of quality, by the statistic that gives the verdict.
--
-- grain:  recommendation_id, eval_set, method, rubric, split_rule
-- by_workload: yes
-- method: M 5.4 (60 bisections of Tango's score statistic, one-sided 5% on each side)
with recursive searches as (
    select
        recommendation_id,
        eval_set,
        method,
        rubric,
        split_rule,
        sides.side,
        n,
        b,
        c,
        z95 * sides.side as target,
        -0.999999 as low,
        -- Not the mirror of the other end: the middle would be 0, where the statistic of equal answers is 0 / 0.
        0.999998 as high,
        0 as step
    from int_evidence_comparisons
    cross join (select 1.0 as side union all select -1.0) as sides
    where test in ('paired')
    union all
    select
        recommendation_id,
        eval_set,
        method,
        rubric,
        split_rule,
        side,
        n,
        b,
        c,
        target,
        case
            when (b - c - n * (low + high) / 2) / sqrt(n * (
                (sqrt(power((2 * n - b + c) * (low + high) / 2 - b - c, 2) + 8 * n * c * (low + high) / 2 * (1 - (low + high) / 2))
                    - (2 * n - b + c) * (low + high) / 2 + b + c) / (2 * n)
                + (low + high) / 2 * (1 - (low + high) / 2)
            )) > target then (low + high) / 2
            else low
        end,
        case
            when (b - c - n * (low + high) / 2) / sqrt(n * (
                (sqrt(power((2 * n - b + c) * (low + high) / 2 - b - c, 2) + 8 * n * c * (low + high) / 2 * (1 - (low + high) / 2))
                    - (2 * n - b + c) * (low + high) / 2 + b + c) / (2 * n)
                + (low + high) / 2 * (1 - (low + high) / 2)
            )) > target then high
            else (low + high) / 2
        end,
        step + 1
    from searches
    where step < 60
)

select
    recommendation_id,
    eval_set,
    method,
    rubric,
    split_rule,
    -- The statistic is of the loss; the interval is shown as the change, candidate less model in use.
    -max(case when side < 0 then (low + high) / 2 end) as change_low,
    -max(case when side > 0 then (low + high) / 2 end) as change_high
from searches
where step = 60
group by recommendation_id, eval_set, method, rubric, split_rule
