-- One row per workload, its most used model and another that served it, and per such pair over all workloads: how long the answers are.
--
-- grain:  workload_id, from_provider, from_model_id, to_provider, to_model_id
-- method: M 3.1 (measured on the workload before the pair, from 200 requests on); indirect standardisation: what the model
--         in use writes for prompts of the same size, with tools and schema or without, is what the other one is held against;
--         a ratio estimator over blocks (day and size), whose spread is that of its residuals
with cells as (
    select
        workload_cube.event_date,
        workload_cube.workload_id,
        workload_cube.provider,
        workload_cube.billed_model_id as model_id,
        workload_cube.input_stratum,
        coalesce(workload_cube.has_tools, false) as has_tools,
        coalesce(workload_cube.has_schema, false) as has_schema,
        sum(workload_cube.requests - workload_cube.no_usage_requests - coalesce(workload_cube.gateway_cache_hits, 0)) as requests,
        sum(workload_cube.usage_output_visible_tokens) as visible,
        sum(workload_cube.usage_output_reasoning_tokens) as reasoning
    from workload_cube
    cross join settings
    where workload_cube.event_date >= settings.window_from and workload_cube.event_date < settings.run_date
        and workload_cube.input_stratum is not null and workload_cube.billed_model_id is not null
    group by 1, 2, 3, 4, 5, 6, 7
),

strata as (
    select workload_id, provider, model_id, input_stratum, has_tools, has_schema, sum(requests) as requests,
        sum(visible) as visible, sum(reasoning) as reasoning
    from cells
    group by 1, 2, 3, 4, 5, 6
),

-- The model that answers most is the one in use: pairs of all with all would be too many.
most_used as (
    select workload_id, provider, model_id,
        row_number() over (partition by workload_id order by sum(requests) desc, provider, model_id) as place
    from strata
    group by workload_id, provider, model_id
),

in_use as (
    select strata.*
    from strata
    inner join most_used
        on most_used.workload_id = strata.workload_id and most_used.provider = strata.provider
        and most_used.model_id = strata.model_id
    where most_used.place = 1
),

-- What the other model wrote in a block, and what the model in use writes for as many requests of that kind.
blocks as (
    select
        cells.workload_id,
        in_use.provider as from_provider,
        in_use.model_id as from_model_id,
        cells.provider as to_provider,
        cells.model_id as to_model_id,
        cells.requests,
        cells.visible,
        cells.reasoning,
        cast(cast(cells.requests as double) * in_use.visible / in_use.requests as decimal(38, 6)) as visible_in_use,
        cast(cast(cells.requests as double) * in_use.reasoning / in_use.requests as decimal(38, 6)) as reasoning_in_use
    from cells
    inner join in_use
        on in_use.workload_id = cells.workload_id and in_use.input_stratum = cells.input_stratum
        and in_use.has_tools = cells.has_tools and in_use.has_schema = cells.has_schema
        and (in_use.provider <> cells.provider or in_use.model_id <> cells.model_id)
    inner join strata as served
        on served.workload_id = cells.workload_id and served.provider = cells.provider and served.model_id = cells.model_id
        and served.input_stratum = cells.input_stratum and served.has_tools = cells.has_tools
        and served.has_schema = cells.has_schema
    -- A few calls of the model in use are no measure for many of the other one.
    where cells.requests > 0 and in_use.requests >= least(served.requests, 20)
),

scoped as (
    select * from blocks
    union all
    select cast(null as varchar) as workload_id, blocks.* exclude (workload_id) from blocks
),

sums as (
    select workload_id, from_provider, from_model_id, to_provider, to_model_id,
        count(*) as blocks,
        sum(requests) as requests,
        sum(visible) as visible,
        sum(reasoning) as reasoning,
        sum(visible_in_use) as visible_in_use,
        sum(reasoning_in_use) as reasoning_in_use
    from scoped
    group by 1, 2, 3, 4, 5
    having sum(requests) >= 200 and count(*) >= 8
),

ratios as (
    select
        *,
        cast(visible as double) / nullif(cast(visible_in_use as double), 0.0) as visible_ratio,
        cast(reasoning as double) / nullif(cast(reasoning_in_use as double), 0.0) as reasoning_ratio,
        cast(reasoning as double) / nullif(cast(visible_in_use as double), 0.0) as appearing_ratio
    from sums
),

residuals as (
    select
        scoped.workload_id, scoped.from_provider, scoped.from_model_id, scoped.to_provider, scoped.to_model_id,
        sum(cast(power(scoped.visible - ratios.visible_ratio * scoped.visible_in_use, 2) as decimal(38, 6))) as visible_squares,
        sum(cast(power(scoped.reasoning - ratios.reasoning_ratio * scoped.reasoning_in_use, 2) as decimal(38, 6))) as reasoning_squares,
        sum(cast(power(scoped.reasoning - ratios.appearing_ratio * scoped.visible_in_use, 2) as decimal(38, 6))) as appearing_squares
    from scoped
    inner join ratios
        on (ratios.workload_id is not distinct from scoped.workload_id)
        and ratios.from_provider = scoped.from_provider and ratios.from_model_id = scoped.from_model_id
        and ratios.to_provider = scoped.to_provider and ratios.to_model_id = scoped.to_model_id
    group by 1, 2, 3, 4, 5
)

select
    ratios.workload_id, ratios.from_provider, ratios.from_model_id, ratios.to_provider, ratios.to_model_id,
    ratios.requests,
    ratios.blocks,
    -- Ratios of tokens: they hold the tokenizer's ratio already. Nothing written on one side measures no ratio.
    case when ratios.visible > 0 then visible_ratio end as visible_ratio,
    sqrt(cast(visible_squares as double) * ratios.blocks / (ratios.blocks - 1)) / nullif(cast(ratios.visible as double), 0.0) as visible_sigma,
    case when ratios.reasoning > 0 then reasoning_ratio end as reasoning_ratio,
    sqrt(cast(reasoning_squares as double) * ratios.blocks / (ratios.blocks - 1)) / nullif(cast(ratios.reasoning as double), 0.0) as reasoning_sigma,
    case when ratios.reasoning > 0 then appearing_ratio end as appearing_ratio,
    sqrt(cast(appearing_squares as double) * ratios.blocks / (ratios.blocks - 1)) / nullif(cast(ratios.reasoning as double), 0.0) as appearing_sigma
from ratios
inner join residuals
    on (residuals.workload_id is not distinct from ratios.workload_id)
    and residuals.from_provider = ratios.from_provider and residuals.from_model_id = ratios.from_model_id
    and residuals.to_provider = ratios.to_provider and residuals.to_model_id = ratios.to_model_id
