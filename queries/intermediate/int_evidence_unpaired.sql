-- One row per unpaired comparison: Newcombe's interval, and the z at which its ends meet the margin, on either side, and zero.
--
-- grain:  recommendation_id, eval_set, method, rubric, split_rule
-- by_workload: yes
-- method: M 5.5 (hybrid of Wilson limits); the z is found by 60 bisections, so that many candidates can be adjusted for
with recursive sided as (
    select
        recommendation_id, eval_set, method, rubric, split_rule,
        goals.goal,
        from_share as pa, to_share as pb, from_n as na, to_n as nb, z95,
        case goals.goal when 1 then -tested_margin when 4 then tested_margin else 0.0 end as meets
    from int_evidence_comparisons
    cross join (select 1 as goal union all select 2 union all select 3 union all select 4) as goals
    where test in ('unpaired')
),

searches as (
    select *, case when goal = 3 then z95 else 0.0 end as low, case when goal = 3 then z95 else 40.0 end as high, 0 as step
    from sided
    union all
    select
        recommendation_id, eval_set, method, rubric, split_rule, goal, pa, pb, na, nb, z95, meets,
        -- The interval grows with z; it has not met the point yet as long as the point lies outside.
        case when is_outside and goal <> 3 then middle else low end,
        case when is_outside or goal = 3 then high else middle end,
        step + 1
    from (
        select
            *,
            case
                when pb - pa > meets then pb - pa - sqrt(
                    power(pb - (pb + middle * middle / (2 * nb) - middle * sqrt(pb * (1 - pb) / nb + middle * middle / (4 * nb * nb)))
                        / (1 + middle * middle / nb), 2)
                    + power((pa + middle * middle / (2 * na) + middle * sqrt(pa * (1 - pa) / na + middle * middle / (4 * na * na)))
                        / (1 + middle * middle / na) - pa, 2)
                ) > meets
                else pb - pa + sqrt(
                    power((pb + middle * middle / (2 * nb) + middle * sqrt(pb * (1 - pb) / nb + middle * middle / (4 * nb * nb)))
                        / (1 + middle * middle / nb) - pb, 2)
                    + power(pa - (pa + middle * middle / (2 * na) - middle * sqrt(pa * (1 - pa) / na + middle * middle / (4 * na * na)))
                        / (1 + middle * middle / na), 2)
                ) < meets
            end as is_outside
        from (select *, (low + high) / 2 as middle from searches where step < 60) as halved
    ) as tried
),

found as (
    select *, (low + high) / 2 as z from searches where step = 60
),

ends as (
    select
        *,
        (pb + z * z / (2 * nb) - z * sqrt(pb * (1 - pb) / nb + z * z / (4 * nb * nb))) / (1 + z * z / nb) as b_low,
        (pb + z * z / (2 * nb) + z * sqrt(pb * (1 - pb) / nb + z * z / (4 * nb * nb))) / (1 + z * z / nb) as b_high,
        (pa + z * z / (2 * na) - z * sqrt(pa * (1 - pa) / na + z * z / (4 * na * na))) / (1 + z * z / na) as a_low,
        (pa + z * z / (2 * na) + z * sqrt(pa * (1 - pa) / na + z * z / (4 * na * na))) / (1 + z * z / na) as a_high
    from found
)

select
    recommendation_id,
    eval_set,
    method,
    rubric,
    split_rule,
    max(case when goal = 1 then case when pb - pa > meets then -z else z end end) as z_margin,
    max(case when goal = 2 then case when pb - pa > meets then -z else z end end) as z_zero,
    -- The same question asked the other way round: is the model in use inferior to the candidate?
    max(case when goal = 4 then case when pb - pa > meets then z else -z end end) as z_other_way,
    max(case when goal = 3 then pb - pa - sqrt(power(pb - b_low, 2) + power(a_high - pa, 2)) end) as change_low,
    max(case when goal = 3 then pb - pa + sqrt(power(b_high - pb, 2) + power(pa - a_low, 2)) end) as change_high
from ends
group by recommendation_id, eval_set, method, rubric, split_rule
