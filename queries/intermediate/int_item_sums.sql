-- One row per workload, model in use, other model that answered the same items, and what is compared: what ratios are made of.
--
-- grain:  workload_id, from_provider, from_model_id, to_provider, to_model_id, what
-- by_workload: yes
-- method: M 3.1 (the same prompts in both models' tokens are tau itself)
with named as (
    select
        evaluations.workload_id,
        evaluations.eval_set,
        evaluations.item_id,
        coalesce(provider_names.provider, evaluations.provider) as provider,
        evaluations.model_id as model_name,
        -- An item that was scored twice in a run counts once.
        max(evaluations.input_tokens) as input_tokens,
        max(evaluations.output_tokens) as output_tokens,
        max(evaluations.reasoning_tokens) as reasoning_tokens
    from evaluations
    cross join settings
    left join provider_names on provider_names.name = lower(evaluations.provider)
    where evaluations.workload_id is not null
        and evaluations.model_id is not null
        and evaluations.item_id is not null
        and coalesce(evaluations.adaptation, 'none') = 'none'
        and (evaluations.input_tokens is not null or evaluations.output_tokens is not null)
        and evaluations.event_date < settings.run_date
    group by
        evaluations.workload_id, evaluations.eval_set, evaluations.method, evaluations.rubric_or_judge, evaluations.split_rule,
        evaluations.run_id, evaluations.item_id, coalesce(provider_names.provider, evaluations.provider), evaluations.model_id
),

counted as (
    -- Models that cannot reason have no reasoning; of others only what is told apart is known.
    select
        named.* exclude (model_name, reasoning_tokens),
        coalesce(model_names.model_id, named.model_name) as model_id,
        coalesce(named.reasoning_tokens, case when models.has_reasoning = false then 0 end) as reasoning
    from named
    left join model_names on model_names.provider = named.provider and model_names.name = named.model_name
    left join models on models.provider = named.provider and models.model_id = coalesce(model_names.model_id, named.model_name)
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
)

select
    workload_id, from_provider, from_model_id, to_provider, to_model_id, what,
    count(*) as items,
    sum(before) as before,
    sum(after) as after,
    sum(before * before) as before_squares,
    sum(after * after) as after_squares,
    sum(before * after) as products
from measured
where before is not null and after is not null
group by workload_id, from_provider, from_model_id, to_provider, to_model_id, what
