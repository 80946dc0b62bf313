-- One row per bundle: what is known of its quality, with the verdict adjusted for the candidates that were tried.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 5.5 (Holm over the candidates that passed the gates: the best of many is flattered by chance), 5.1, 5.8
with tried as (
    select
        graded.*,
        gated.is_blocked,
        -- Only tests of candidates that could be taken count.
        not gated.is_blocked and graded.grade < 5 and graded.p_unadjusted is not null as is_counted
    from int_evidence_graded as graded
    inner join int_bundles_gated as gated on gated.recommendation_id = graded.recommendation_id
),

-- A test counts once, in however many bundles its model stands: a tier or a cache beside it is no further try.
tests as (
    select workload_id, to_provider, to_model_id, adaptation, split_rule, min(p_unadjusted) as p_unadjusted
    from tried
    where is_counted
    group by workload_id, to_provider, to_model_id, adaptation, split_rule
),

placed as (
    select
        *,
        row_number() over (
            partition by workload_id order by p_unadjusted, to_provider, to_model_id, adaptation, split_rule
        ) as holm_place,
        count(*) over (partition by workload_id) as holm_tests
    from tests
),

holm as (
    select
        *,
        max(least((holm_tests - holm_place + 1) * p_unadjusted, 1.0)) over (
            partition by workload_id order by holm_place rows between unbounded preceding and current row
        ) as p_adjusted
    from placed
),

adjusted as (
    select
        tried.*,
        holm.holm_tests,
        case when tried.is_counted then holm.p_adjusted end as p_adjusted
    from tried
    left join holm
        on holm.workload_id = tried.workload_id and holm.to_provider = tried.to_provider
        and holm.to_model_id = tried.to_model_id and holm.adaptation = tried.adaptation and holm.split_rule = tried.split_rule
),

-- What was evaluated at all, to tell "never" from "never on the same terms".
evaluated as (
    select distinct workload_id, provider, model_id, adaptation from int_evidence_runs
)

select
    int_bundles.recommendation_id,
    int_bundles.workload_id,
    case
        when adjusted.grade < 6 then adjusted.evidence_grade
        when proxies.model_id is not null then 'D'
        else 'F'
    end as evidence_grade,
    coalesce(adjusted.verdict_unadjusted, 'NOT_TESTED') as verdict_unadjusted,
    case
        when adjusted.verdict_unadjusted is null then 'NOT_TESTED'
        when adjusted.verdict_unadjusted not in ('NON_INFERIOR') or adjusted.p_adjusted is null or adjusted.p_adjusted < held.alpha
            then adjusted.verdict_unadjusted
        -- It held the margin alone, not as one of many: the interval that Holm asks for reaches over both.
        else 'INCONCLUSIVE'
    end as verdict,
    coalesce(adjusted.is_in_use_inferior, false) as is_in_use_inferior,
    case
        when adjusted.recommendation_id is not null then adjusted.evidence_codes
        when evaluated.model_id is not null and in_use.model_id is not null then 'METHOD_MISMATCH'
        when evaluated.model_id is not null then 'IN_USE_NOT_EVALUATED'
    end as evidence_codes,
    nullif(proxies.worse_proxies, '') as worse_proxies,
    nullif(proxies.better_proxies, '') as better_proxies,
    adjusted.eval_set,
    adjusted.method,
    nullif(adjusted.rubric, '') as rubric,
    adjusted.test,
    adjusted.scored_on,
    least(adjusted.compared_from_items, adjusted.compared_to_items) as items,
    adjusted.only_in_use,
    adjusted.only_candidate,
    adjusted.from_share,
    adjusted.to_share,
    adjusted.change,
    adjusted.change_low,
    adjusted.change_high,
    adjusted.margin,
    adjusted.z_margin,
    adjusted.p_unadjusted,
    adjusted.p_adjusted,
    case when adjusted.is_counted then adjusted.holm_tests end as holm_tests,
    case when adjusted.grade < 5 then adjusted.loss_mean end as loss_mean,
    case when adjusted.grade < 5 then adjusted.loss_sd end as loss_sd,
    case when adjusted.grade < 5 then greatest(
        adjusted.loss_mean * adjusted.loss_distribution + adjusted.loss_sd * adjusted.loss_density, 0.0
    ) end as expected_loss
from int_bundles
inner join int_workloads on int_workloads.workload_id = int_bundles.workload_id
inner join int_workload_parameters as held on held.workload_id = int_bundles.workload_id
left join adjusted on adjusted.recommendation_id = int_bundles.recommendation_id
left join int_workload_proxies as proxies
    on proxies.workload_id = int_bundles.workload_id and proxies.model_id = int_bundles.to_model_id
left join evaluated
    on evaluated.workload_id = int_bundles.workload_id and evaluated.provider = int_bundles.to_provider
    and evaluated.model_id = int_bundles.to_model_id and evaluated.adaptation = int_bundles.adaptation
left join evaluated as in_use
    on in_use.workload_id = int_bundles.workload_id and in_use.provider = int_workloads.main_provider
    and in_use.model_id = int_workloads.main_model_id and in_use.adaptation = 'none'
