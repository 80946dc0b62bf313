-- One row per workload, model in use and other model that answered the same items, and per such pair over all workloads: how many
-- tokens the prompts are and how long the answers.
--
-- grain:  workload_id, from_provider, from_model_id, to_provider, to_model_id
-- method: M 3.1 (measured from 200 on; the same prompts in both models' tokens are tau itself); a ratio estimator over items,
--         whose spread is that of its residuals
with counted as (
    -- Models that cannot reason have no reasoning; of others only what is told apart is known.
    select
        items.*,
        coalesce(items.reasoning_tokens, case when models.has_reasoning = false then 0 end) as reasoning
    from int_evidence_items as items
    left join models on models.provider = items.provider and models.model_id = items.model_id
    where items.adaptation = 'none' and (items.input_tokens is not null or items.output_tokens is not null)
),

-- An item that a model answered in several runs counts once, with the mean.
answers as (
    select
        workload_id, eval_set, item_id, provider, model_id,
        cast(avg(input_tokens) as decimal(38, 6)) as input,
        cast(avg(output_tokens - reasoning) as decimal(38, 6)) as visible,
        cast(avg(reasoning) as decimal(38, 6)) as reasoning
    from counted
    group by workload_id, eval_set, item_id, provider, model_id
),

pairs as (
    select
        other.workload_id, in_use.provider as from_provider, in_use.model_id as from_model_id,
        other.provider as to_provider, other.model_id as to_model_id,
        in_use.input as input_in_use, in_use.visible as visible_in_use, in_use.reasoning as reasoning_in_use,
        other.input, other.visible, other.reasoning
    from answers as in_use
    inner join int_workloads
        on int_workloads.workload_id = in_use.workload_id and int_workloads.main_provider = in_use.provider
        and int_workloads.main_model_id = in_use.model_id
    inner join answers as other
        on other.workload_id = in_use.workload_id and other.eval_set = in_use.eval_set and other.item_id = in_use.item_id
        and (other.provider <> in_use.provider or other.model_id <> in_use.model_id)
),

measured as (
    select workload_id, from_provider, from_model_id, to_provider, to_model_id, 'input' as what, input_in_use as before, input as after
    from pairs
    union all
    select workload_id, from_provider, from_model_id, to_provider, to_model_id, 'visible', visible_in_use, visible from pairs
    union all
    select workload_id, from_provider, from_model_id, to_provider, to_model_id, 'reasoning', reasoning_in_use, reasoning from pairs
    union all
    select workload_id, from_provider, from_model_id, to_provider, to_model_id, 'appearing', visible_in_use, reasoning from pairs
),

scoped as (
    select * from measured where before is not null and after is not null
    union all
    select cast(null as varchar), * exclude (workload_id) from measured where before is not null and after is not null
),

ratios as (
    select
        workload_id, from_provider, from_model_id, to_provider, to_model_id, what,
        count(*) as items,
        sum(after) as after,
        cast(sum(after) as double) / nullif(cast(sum(before) as double), 0.0) as ratio
    from scoped
    group by 1, 2, 3, 4, 5, 6
    having count(*) >= 200 and sum(after) > 0 and sum(before) > 0
),

spreads as (
    select
        ratios.*,
        sqrt(
            cast(residuals.squares as double) * ratios.items / (ratios.items - 1)
        ) / cast(ratios.after as double) as sigma
    from ratios
    inner join (
        select
            scoped.workload_id, scoped.from_provider, scoped.from_model_id, scoped.to_provider, scoped.to_model_id, scoped.what,
            sum(cast(power(cast(scoped.after as double) - ratios.ratio * cast(scoped.before as double), 2) as decimal(38, 6))) as squares
        from scoped
        inner join ratios
            on (ratios.workload_id is not distinct from scoped.workload_id) and ratios.what = scoped.what
            and ratios.from_provider = scoped.from_provider and ratios.from_model_id = scoped.from_model_id
            and ratios.to_provider = scoped.to_provider and ratios.to_model_id = scoped.to_model_id
        group by 1, 2, 3, 4, 5, 6
    ) as residuals
        on (residuals.workload_id is not distinct from ratios.workload_id) and residuals.what = ratios.what
        and residuals.from_provider = ratios.from_provider and residuals.from_model_id = ratios.from_model_id
        and residuals.to_provider = ratios.to_provider and residuals.to_model_id = ratios.to_model_id
)

select
    workload_id, from_provider, from_model_id, to_provider, to_model_id,
    max(items) as items,
    max(case when what in ('input') then ratio end) as input_ratio,
    max(case when what in ('input') then sigma end) as input_sigma,
    max(case when what in ('visible') then ratio end) as visible_ratio,
    max(case when what in ('visible') then sigma end) as visible_sigma,
    max(case when what in ('reasoning') then ratio end) as reasoning_ratio,
    max(case when what in ('reasoning') then sigma end) as reasoning_sigma,
    max(case when what in ('appearing') then ratio end) as appearing_ratio,
    max(case when what in ('appearing') then sigma end) as appearing_sigma
from spreads
-- One answer that outweighs all others measures itself: a standard error above a quarter is no measure.
where sigma <= 0.25
group by workload_id, from_provider, from_model_id, to_provider, to_model_id
