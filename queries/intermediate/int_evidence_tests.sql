-- One row per comparison: the test statistic at the margin and at zero, the interval, and why it is no evidence.
--
-- grain:  recommendation_id, eval_set, method, rubric, split_rule
-- by_workload: yes
-- method: M 5.4 (Tango; below -1.6449 is not inferior), 5.5 (Newcombe), 5.6 (judge correction), 5.7 (loss with its sd)
with corrected as (
    select
        *,
        (from_share + judge_specificity - 1) / (judge_specificity + judge_sensitivity - 1) as from_theta,
        (to_share + judge_specificity - 1) / (judge_specificity + judge_sensitivity - 1) as to_theta
    from int_evidence_comparisons
),

judged as (
    select
        *,
        (
            from_share * (1 - from_share) / from_n + to_share * (1 - to_share) / to_n
            + (power(1 - from_theta, 2) + power(1 - to_theta, 2))
            * judge_specificity * (1 - judge_specificity) / nullif(judge_items_wrong, 0)
            + (power(from_theta, 2) + power(to_theta, 2))
            * judge_sensitivity * (1 - judge_sensitivity) / nullif(judge_items_right, 0)
        ) / power(judge_specificity + judge_sensitivity - 1, 2) as theta_variance
    from corrected
),

tested as (
    select
        judged.*,
        case judged.test
            when 'paired' then (b - c - n * tested_margin) / sqrt(n * (
                (sqrt(power((2 * n - b + c) * tested_margin - b - c, 2) + 8 * n * c * tested_margin * (1 - tested_margin))
                    - (2 * n - b + c) * tested_margin + b + c) / (2 * n)
                + tested_margin * (1 - tested_margin)
            ))
            when 'unpaired' then unpaired.z_margin
            when 'judge' then -(to_theta - from_theta + margin) / sqrt(theta_variance)
        end as z_margin,
        case judged.test
            when 'paired' then case when b + c > 0 then (b - c) / sqrt(b + c) else 0.0 end
            when 'unpaired' then unpaired.z_zero
            when 'judge' then (from_theta - to_theta) / sqrt(theta_variance)
        end as z_zero,
        -- The same question asked the other way round: is the model in use inferior to the candidate?
        case judged.test
            when 'paired' then (c - b - n * tested_margin) / sqrt(n * (
                (sqrt(power((2 * n - c + b) * tested_margin - b - c, 2) + 8 * n * b * tested_margin * (1 - tested_margin))
                    - (2 * n - c + b) * tested_margin + b + c) / (2 * n)
                + tested_margin * (1 - tested_margin)
            ))
            when 'unpaired' then unpaired.z_other_way
            when 'judge' then (to_theta - from_theta - margin) / sqrt(theta_variance)
        end as z_other_way,
        case judged.test
            when 'judge' then to_theta - from_theta - z95 * sqrt(theta_variance)
            else coalesce(intervals.change_low, unpaired.change_low) / attenuation
        end as change_low,
        case judged.test
            when 'judge' then to_theta - from_theta + z95 * sqrt(theta_variance)
            else coalesce(intervals.change_high, unpaired.change_high) / attenuation
        end as change_high
    from judged
    left join int_evidence_intervals as intervals
        on intervals.recommendation_id = judged.recommendation_id
        and intervals.eval_set = judged.eval_set
        and intervals.method = judged.method
        and intervals.rubric = judged.rubric
        and intervals.split_rule = judged.split_rule
    left join int_evidence_unpaired as unpaired
        on unpaired.recommendation_id = judged.recommendation_id
        and unpaired.eval_set = judged.eval_set
        and unpaired.method = judged.method
        and unpaired.rubric = judged.rubric
        and unpaired.split_rule = judged.split_rule
)

select
    *,
    case test
        when 'paired' then (only_candidate - only_in_use) / cast(pairs as double) / attenuation
        when 'judge' then to_theta - from_theta
        else (to_share - from_share) / attenuation
    end as change,
    -- Loss of quality for rework: the table of pairs with half an item on each side, else two Beta posteriors.
    case test
        when 'paired' then (b - c) / n / attenuation
        when 'judge' then from_theta - to_theta
        else ((from_share * from_n + 0.5) / (from_n + 1) - (to_share * to_n + 0.5) / (to_n + 1)) / attenuation
    end as loss_mean,
    case test
        when 'paired' then sqrt(greatest(b + c + 1 - (b - c) * (b - c) / n, 0.0)) / n / attenuation
        when 'judge' then sqrt(theta_variance)
        else sqrt(
            (from_share * from_n + 0.5) * ((1 - from_share) * from_n + 0.5) / (power(from_n + 1, 2) * (from_n + 2))
            + (to_share * to_n + 0.5) * ((1 - to_share) * to_n + 0.5) / (power(to_n + 1, 2) * (to_n + 2))
        ) / attenuation
    end as loss_sd,
    case
        when contradicted_items > 0 then 'CONTRADICTING_ITEMS'
        when missing_share > missing_share_max then 'MISSING_ANSWERS'
        when from_share <= guess_share then 'IN_USE_BELOW_GUESSING'
        when test in ('judge') and judge_specificity + judge_sensitivity <= 1.1 then 'JUDGE_REJECTED'
        when test is null then 'NO_COMPARABLE_SCORES'
        -- Grades that are equal on every single item come of a scorer that tells nothing apart.
        when test in ('paired') and from_share is null and only_in_use + only_candidate = 0 then 'NO_COMPARABLE_SCORES'
    end as refused_because
from tested
