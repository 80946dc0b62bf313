-- One row per workload, model in use and other model, and per such pair over all workloads: every token ratio that was measured.
--
-- grain:  workload_id, from_provider, from_model_id, to_provider, to_model_id
-- method: M 3.1 (the calls that both served come before the items that both answered)
with found as (
    select workload_id, from_provider, from_model_id, to_provider, to_model_id from int_measured_ratios
    union all
    select workload_id, from_provider, from_model_id, to_provider, to_model_id from int_item_ratios
),

keys as (
    select distinct workload_id, from_provider, from_model_id, to_provider, to_model_id from found
)

select
    keys.*,
    items.input_ratio,
    items.input_sigma,
    coalesce(calls.visible_ratio, items.visible_ratio) as visible_ratio,
    case when calls.visible_ratio is not null then calls.visible_sigma else items.visible_sigma end as visible_sigma,
    coalesce(calls.reasoning_ratio, items.reasoning_ratio) as reasoning_ratio,
    case when calls.reasoning_ratio is not null then calls.reasoning_sigma else items.reasoning_sigma end as reasoning_sigma,
    coalesce(calls.appearing_ratio, items.appearing_ratio) as appearing_ratio,
    case when calls.appearing_ratio is not null then calls.appearing_sigma else items.appearing_sigma end as appearing_sigma
from keys
left join int_measured_ratios as calls
    on (calls.workload_id is not distinct from keys.workload_id)
    and calls.from_provider = keys.from_provider and calls.from_model_id = keys.from_model_id
    and calls.to_provider = keys.to_provider and calls.to_model_id = keys.to_model_id
left join int_item_ratios as items
    on (items.workload_id is not distinct from keys.workload_id)
    and items.from_provider = keys.from_provider and items.from_model_id = keys.from_model_id
    and items.to_provider = keys.to_provider and items.to_model_id = keys.to_model_id
