-- One row per step: from what a price table claims to what is supported after every cost, a month.
--
-- grain:  place
-- method: M 2.6, 2.8, 3.1, 3.2, 4, 5, 6, 7.1 (one action per workload; savings never exceed spend)
-- Every level is a sum of cents over the workloads and every step the difference of two levels: nothing is left over.
with claimed as (
    select
        workload_id,
        recommendation_id,
        sum(case when effect in ('price') then amount_usd else 0 end) as price,
        cast(sum(case when effect in ('tokenizer') then amount_usd else 0 end) as double) as tokenizer,
        cast(sum(case when effect in ('verbosity') then amount_usd else 0 end) as double) as verbosity,
        cast(sum(case when effect in ('reasoning') then amount_usd else 0 end) as double) as reasoning,
        cast(sum(case when effect in ('cache', 'tier') then amount_usd else 0 end) as double) as cache_and_tier
    from savings_bridge
    where basis in ('price_table')
    group by workload_id, recommendation_id
    having sum(case when effect in ('price') then amount_usd else 0 end) > 0
),

on_paper as (
    select
        claimed.workload_id,
        claimed.price as claim,
        cast(rates.source_rate * rates.source_month_usd - rates.target_rate * (rates.source_month_usd - cast(claimed.price as double))
            as decimal(18, 2)) as discounts,
        cast(rates.target_rate * claimed.tokenizer as decimal(18, 2)) as tokenizer,
        cast(rates.target_rate * claimed.verbosity as decimal(18, 2)) as verbosity,
        cast(rates.target_rate * claimed.reasoning as decimal(18, 2)) as reasoning,
        cast(rates.target_rate * claimed.cache_and_tier as decimal(18, 2)) as cache_and_tier
    from claimed
    inner join int_bundle_rates as rates on rates.recommendation_id = claimed.recommendation_id
),

-- The best that passes the gates, lever by lever as if each were alone, and all levers in one bundle.
by_lever as (
    select workload_id, lever, greatest(max(paid_saving_usd), cast(0 as decimal(18, 2))) as saving
    from int_bundle_rates
    where not is_out
    group by workload_id, lever
),

possible as (
    select
        workload_id,
        sum(case when lever in ('lever_smaller_model') then saving else 0 end) as moved,
        sum(case when lever like '%+%' then 0 else saving end) as added,
        max(saving) as best
    from by_lever
    group by workload_id
),

best as (
    select
        workload_id,
        horizon_saving_usd,
        row_number() over (partition by workload_id order by paid_saving_usd desc, recommendation_id) as place
    from int_bundle_rates
    where not is_out and paid_saving_usd > 0
),

chosen as (
    select
        workload_id,
        from_provider,
        to_provider,
        action,
        case when action in ('MOVE', 'MOVE_SPLIT', 'OPTIMIZE') then recommendation_id else interim_bundle end as recommendation_id
    from decisions
),

supported as (
    select
        chosen.workload_id,
        rates.horizon_saving_usd as saving,
        rates.horizon_saving_usd - records.rework_monthly_usd as after_rework,
        -- Net of upkeep as it is published; what discounts take from the saving, they take here too.
        records.net_monthly_savings_usd + rates.horizon_saving_usd - cast(costed.gross_usd as decimal(18, 2)) as net,
        cast(cast(records.one_off_usd as double) / nullif(records.horizon_months, 0) as decimal(18, 2)) as one_off
    from chosen
    inner join int_bundle_rates as rates on rates.recommendation_id = chosen.recommendation_id
    inner join int_bundle_records as records on records.recommendation_id = chosen.recommendation_id
    inner join int_bundles_costed as costed on costed.recommendation_id = chosen.recommendation_id
),

-- One row per workload: what is left of the saving after each step.
levels as (
    select
        decisions.workload_id,
        coalesce(claim, 0) as l1,
        coalesce(discounts, 0) as l2,
        coalesce(discounts + tokenizer, 0) as l3,
        coalesce(discounts + tokenizer + verbosity, 0) as l4,
        coalesce(discounts + tokenizer + verbosity + reasoning, 0) as l5,
        coalesce(discounts + tokenizer + verbosity + reasoning + cache_and_tier, 0) as l6,
        coalesce(moved, 0) as l7,
        coalesce(added, 0) as l8,
        coalesce(possible.best, 0) as l9,
        case when decisions.action in ('MIGRATE') then 0 else coalesce(best.horizon_saving_usd, 0) end as l10,
        coalesce(supported.saving, 0) as l11,
        coalesce(supported.after_rework, 0) as l12,
        coalesce(supported.net, 0) as l13,
        coalesce(supported.net - coalesce(supported.one_off, 0), 0) as l14
    from decisions
    left join on_paper on on_paper.workload_id = decisions.workload_id
    left join possible on possible.workload_id = decisions.workload_id
    left join best on best.workload_id = decisions.workload_id and best.place = 1
    left join supported on supported.workload_id = decisions.workload_id
),

steps (place, step, title) as (
    values
        (1, 'claim', 'every workload at the lowest list price, same tokens'),
        (2, 'discounts', 'what is really paid today, and what the candidate would charge'),
        (3, 'tokenizer', 'the same text in the candidate''s tokens'),
        (4, 'verbosity', 'longer or shorter answers'),
        (5, 'reasoning', 'longer or shorter reasoning'),
        (6, 'cache_and_tier', 'cached prompts and tiers that the candidate does not offer'),
        (7, 'gates', 'what does not fit or is not allowed; the best that passes instead'),
        (8, 'other_levers', 'the other levers, each as if it were alone'),
        (9, 'overlap', 'one action for a workload: levers are priced together, not added'),
        (10, 'retirements', 'models that end, and announced prices of the next twelve months'),
        (11, 'evidence', 'what no evidence supports yet, or waits for a commitment to end'),
        (12, 'rework', 'wrong answers that people correct'),
        (13, 'upkeep', 'maintenance by people, hosting, re-training'),
        (14, 'one_off', 'integration and evaluation, spread over the horizon')
),

changes as (
    select
        steps.place,
        steps.step,
        steps.title,
        case steps.place
            when 1 then l1 when 2 then l2 - l1 when 3 then l3 - l2 when 4 then l4 - l3 when 5 then l5 - l4 when 6 then l6 - l5
            when 7 then l7 - l6 when 8 then l8 - l7 when 9 then l9 - l8 when 10 then l10 - l9 when 11 then l11 - l10
            when 12 then l12 - l11 when 13 then l13 - l12 when 14 then l14 - l13 else 0
        end as usd
    from levels
    cross join steps
    union all
    -- A window without any workload has every step too, each of zero.
    select place, step, title, cast(0 as decimal(18, 2)) from steps
),

summed as (
    select place, step, title, sum(usd) as change_usd, sum(case when usd <> 0 then 1 else 0 end) as workloads
    from changes
    group by place, step, title
    union all
    select 15, 'commitments', 'minimum spend that is owed all the same, as the mean of twelve months', -coalesce(sum(cast(stranded_monthly_usd * least(cast(bound_months as double), 12.0) / 12 as decimal(18, 2))), 0),
        coalesce(sum(workloads), 0)
    from stranded_commitments
    where policy in ('decisions')
)

select
    cast(place as bigint) as place,
    step,
    title,
    cast(sum(change_usd) over (order by place rows between unbounded preceding and current row) - change_usd as decimal(18, 2)) as before_usd,
    cast(change_usd as decimal(18, 2)) as change_usd,
    cast(sum(change_usd) over (order by place rows between unbounded preceding and current row) as decimal(18, 2)) as after_usd,
    cast(workloads as bigint) as workloads
from summed
