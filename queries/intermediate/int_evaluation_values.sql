-- One row per bundle that could move: how many items would show it, what they cost, and the value of moving before and after.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 5.9 (items, paired and unpaired), 5.10 (value of moving is linear in the loss of quality; what is left of its spread after the sample)
-- The saving of 5.10 is what remains after maintenance and the one-off cost of the move: else a move that can never pay
-- would be worth an evaluation.
with best as (
    select
        *,
        row_number() over (
            partition by recommendation_id order by scored_on desc, effective_items desc, eval_set, method, rubric
        ) as place
    from int_evidence_tests
    where refused_because is null and not is_vendor_made and method <> 'benchmark'
),

scorers as (
    -- Where a program has scored the workload before, no person has to.
    select workload_id, bool_or(method in ('deterministic')) as is_scored_by_program
    from int_evidence_runs
    group by workload_id
),

-- The last that is known of the model in use on this workload.
known as (
    select
        runs.workload_id,
        cast(runs.items_right as double) / runs.items as in_use_share,
        row_number() over (
            partition by runs.workload_id order by runs.scored_on desc, runs.items desc, runs.eval_set, runs.method, runs.rubric, runs.run_id
        ) as place
    from int_evidence_runs as runs
    inner join int_workloads
        on int_workloads.workload_id = runs.workload_id
        and int_workloads.main_provider = runs.provider and int_workloads.main_model_id = runs.model_id
    where runs.adaptation in ('none') and runs.split_rule = '' and runs.items > 0 and runs.items_right is not null
        and not runs.is_vendor_made and runs.contradicted_items = 0 and runs.method in ('human', 'deterministic', 'llm_judge')
),

planned as (
    select
        economics.*,
        known.in_use_share,
        coalesce(best.loss_mean, economics.hint_loss) as loss_mean,
        coalesce(best.loss_sd, economics.hint_loss_sd) as loss_sd,
        -- The pilot's share of items on which the models differ, with half an item so that it is never nothing.
        case
            when best.pairs > 0 then (best.only_in_use + best.only_candidate + 0.5) / (best.pairs + 1.0)
            else economics.discordant_share
        end as discordant,
        case when coalesce(scorers.is_scored_by_program, false) then 0.0 else economics.review_usd end as item_review_usd,
        (economics.horizon_months - economics.lead_months) * economics.requests * economics.wrong_answer_usd as per_loss_usd
    from int_bundle_economics as economics
    left join best on best.recommendation_id = economics.recommendation_id and best.place = 1
    left join scorers on scorers.workload_id = economics.workload_id
    left join known on known.workload_id = economics.workload_id and known.place = 1
    where economics.needs_verdict
),

sampled as (
    select
        *,
        -- Not fewer than prove it where the two agree on every item.
        greatest(
            ceil(z_planned * z_planned * discordant / (margin * margin)), floor(z95 * z95 * (1 - margin) / margin) + 1, 50.0
        ) as items
    from planned
)

select
    recommendation_id,
    workload_id,
    cast(items as bigint) as evaluation_items,
    -- Where the two cannot answer the same items: so many of each, if the candidate is as good.
    case when in_use_share is not null then cast(greatest(
        ceil(z_planned * z_planned * 2 * in_use_share * (1 - in_use_share) / (margin * margin)), 50.0
    ) as bigint) end as unpaired_items,
    items * (2 * item_review_usd + item_tokens_usd) as evaluation_usd,
    (horizon_months - lead_months) * (gross_usd - maintenance_usd) - integration_usd - per_loss_usd * loss_mean as value_mean_usd,
    per_loss_usd * loss_sd as value_sd_usd,
    case
        when loss_sd > 0 then per_loss_usd * loss_sd * loss_sd / sqrt(loss_sd * loss_sd + discordant / items)
        else 0.0
    end as shown_sd_usd
from sampled
