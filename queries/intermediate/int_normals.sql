-- One row per standardised figure that a stage needs: the normal distribution and density at it.
--
-- grain:  purpose, recommendation_id, eval_set, method, rubric, split_rule
-- by_workload: yes
-- method: M 0.5 (Phi and phi). Phi is Hart's rational approximation 5666, whose error lies below one in 10^14.
with figures as (
    select 'evidence' as purpose, recommendation_id, eval_set, method, rubric, split_rule, z_margin as x
    from int_evidence_tests where refused_because is null
    union all
    select 'rework', recommendation_id, eval_set, method, rubric, split_rule, loss_mean / loss_sd
    from int_evidence_tests where refused_because is null and loss_sd > 0
    union all
    select 'hint', recommendation_id, '', '', '', '', hint_loss / hint_loss_sd from int_bundle_economics
    where hint_loss_sd > 0 and needs_verdict
    union all
    select 'value_now', recommendation_id, '', '', '', '', value_mean_usd / value_sd_usd
    from int_evaluation_values where value_sd_usd > 0
    union all
    select 'value_shown', recommendation_id, '', '', '', '', value_mean_usd / shown_sd_usd
    from int_evaluation_values where shown_sd_usd > 0
),

halves as (
    select *, least(abs(x), 37.0) as a, exp(-x * x / 2) as e from figures where x is not null
),

tails as (
    select
        *,
        case
            when a < 7.07106781186547 then
                e * ((((((0.0352624965998911 * a + 0.700383064443688) * a + 6.37396220353165) * a + 33.912866078383) * a
                    + 112.079291497871) * a + 221.213596169931) * a + 220.206867912376)
                / (((((((0.0883883476483184 * a + 1.75566716318264) * a + 16.064177579207) * a + 86.7807322029461) * a
                    + 296.564248779674) * a + 637.333633378831) * a + 793.826512519948) * a + 440.413735824752)
            else e / (a + 1 / (a + 2 / (a + 3 / (a + 4 / (a + 0.65))))) / 2.506628274631
        end as tail
    from halves
)

select
    purpose,
    recommendation_id,
    eval_set,
    method,
    rubric,
    split_rule,
    x,
    case when x > 0 then 1 - tail else tail end as distribution,
    e / 2.5066282746310002 as density
from tails
