-- One row per workload, model in use and other model that answered the same items, and per such pair over all workloads: how many
-- tokens the prompts are and how long the answers.
--
-- grain:  workload_id, from_provider, from_model_id, to_provider, to_model_id
-- method: M 3.1 (measured from 200 on); a ratio estimator over items, whose spread is that of its residuals
with scoped as (
    select * from int_item_sums
    union all
    select
        cast(null as varchar), from_provider, from_model_id, to_provider, to_model_id, what,
        sum(items), sum(before), sum(after), sum(before_squares), sum(after_squares), sum(products)
    from int_item_sums
    group by from_provider, from_model_id, to_provider, to_model_id, what
),

ratios as (
    select *, cast(after as double) / cast(before as double) as ratio
    from scoped
    where items >= 200 and after > 0 and before > 0
),

spreads as (
    select
        *,
        -- Squared residuals of all items, from their sums.
        sqrt(greatest(
            cast(after_squares as double) - 2 * ratio * cast(products as double) + ratio * ratio * cast(before_squares as double), 0.0
        ) * items / (items - 1)) / cast(after as double) as sigma
    from ratios
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
