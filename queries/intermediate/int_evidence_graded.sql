-- One row per bundle that was evaluated: its best comparison, with grade, verdict before Holm, and what weakens it.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 5.2 (grades A to F; D to F never prove), 5.5 (verdicts; fewer than 50 items give none), 5 edge cases (the best
--         grade wins, runs are never pooled)
with templates as (
    select workload_prefixes.workload_id, workload_prefixes.template_id, sum(workload_prefixes.requests) as requests
    from workload_prefixes
    cross join settings
    where workload_prefixes.event_date >= settings.window_from and workload_prefixes.event_date < settings.run_date
    group by workload_prefixes.workload_id, workload_prefixes.template_id
),

seen as (
    select workload_id, count(*) as templates from templates group by workload_id
),

weighed as (
    select
        tests.*,
        normals.distribution as p_unadjusted,
        rework.distribution as loss_distribution,
        rework.density as loss_density,
        case
            when tests.is_vendor_made or tests.method in ('benchmark') then 5
            when tests.method in ('human', 'deterministic') then case when tests.test in ('paired') then 1 else 2 end
            when tests.is_judge_calibrated then 2
            when tests.method in ('llm_judge', 'pairwise') then 3
            -- Nobody knows what another word means.
            else 5
        end as base_grade,
        tests.effective_items < tests.items_min as is_small,
        date_part('epoch', settings.run_date) - date_part('epoch', tests.scored_on) > tests.evidence_days_max * 86400 as is_old,
        tests.template_id is not null and seen.templates > 0 and templates.template_id is null as is_template_changed
    from int_evidence_tests as tests
    cross join settings
    left join seen on seen.workload_id = tests.workload_id
    left join templates on templates.workload_id = tests.workload_id and templates.template_id = tests.template_id
    left join int_normals as normals
        on normals.purpose in ('evidence') and normals.recommendation_id = tests.recommendation_id
        and normals.eval_set = tests.eval_set and normals.method = tests.method and normals.rubric = tests.rubric
        and normals.split_rule = tests.split_rule
    left join int_normals as rework
        on rework.purpose in ('rework') and rework.recommendation_id = tests.recommendation_id
        and rework.eval_set = tests.eval_set and rework.method = tests.method and rework.rubric = tests.rubric
        and rework.split_rule = tests.split_rule
),

graded as (
    select
        *,
        case
            when refused_because is not null then 6
            when is_small or is_old or is_template_changed then least(base_grade + 1, 5)
            else base_grade
        end as grade
    from weighed
),

ranked as (
    select
        *,
        row_number() over (
            partition by recommendation_id order by grade, scored_on desc, effective_items desc, eval_set, method, rubric, split_rule
        ) as place
    from graded
)

select
    *,
    substr('ABCDEF', cast(grade as bigint), 1) as evidence_grade,
    case
        when grade >= 5 then 'NOT_TESTED'
        when is_small or grade > 3 then 'INCONCLUSIVE'
        when z_margin < -z95 then 'NON_INFERIOR'
        when z_margin > z95 then 'INFERIOR'
        when z_zero > z95 then 'WORSE'
        else 'INCONCLUSIVE'
    end as verdict_unadjusted,
    coalesce(z_other_way > z95 and grade <= 3 and not is_small, false) as is_in_use_inferior,
    nullif(concat_ws(
        ', ',
        refused_because,
        case when is_vendor_made then 'VENDOR_MADE' end,
        case when method in ('benchmark') then 'BENCHMARK' end,
        case when method not in ('human', 'deterministic', 'llm_judge', 'pairwise', 'benchmark') then 'UNKNOWN_METHOD' end,
        case when method in ('llm_judge') and not is_judge_calibrated then 'JUDGE_UNCALIBRATED' end,
        case when is_small then 'FEW_ITEMS' end,
        case when is_old then 'OLD_EVIDENCE' end,
        case when is_template_changed then 'TEMPLATE_CHANGED' end
    ), '') as evidence_codes
from ranked
where place = 1
