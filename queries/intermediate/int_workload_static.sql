-- One row per workload: how many tokens open every prompt unchanged, how that is known, and how often they come again in time.
--
-- grain:  workload_id
-- method: M 3.1 (static), 3.6 (hit share: calls whose prefix came at most the time to live before; a day's first call is a miss)
with prefixes as (
    select
        workload_prefixes.workload_id,
        sum(workload_prefixes.requests) as requests,
        sum(workload_prefixes.hits_5m) as hits_5m,
        sum(workload_prefixes.hits_1h) as hits_1h
    from workload_prefixes
    cross join settings
    where workload_prefixes.event_date >= settings.window_from and workload_prefixes.event_date < settings.run_date
    group by workload_prefixes.workload_id
),

cached as (
    -- What a cache holds of the prompts of the model in use.
    select
        int_cells.workload_id,
        sum(int_cells.requests) as requests,
        sum(int_cells.usage_cache_read_tokens + int_cells.usage_cache_write_5m_tokens + int_cells.usage_cache_write_1h_tokens)
            as cached_tokens,
        -- Of days that an earlier version counted nobody knows which calls missed: those of sizes that a cache never saw did.
        coalesce(case when count(int_cells.cached_requests) = count(*) then nullif(sum(int_cells.cached_requests), 0) end, sum(case
            when int_cells.usage_cache_read_tokens + int_cells.usage_cache_write_5m_tokens + int_cells.usage_cache_write_1h_tokens > 0
                then int_cells.requests
        end)) as cached_requests,
        sum(case when int_cells.service_tier in ('batch', 'flex') then 0 else int_cells.requests end) as prompt_requests
    from int_cells
    inner join int_workloads
        on int_workloads.workload_id = int_cells.workload_id
        and int_workloads.main_provider = int_cells.provider
        and int_workloads.main_model_id = int_cells.billed_model_id
    group by int_cells.workload_id
),

shortest as (
    select workload_cube.workload_id, min(workload_cube.min_input_tokens) as input_tokens
    from workload_cube
    cross join settings
    where workload_cube.event_date >= settings.window_from
        and workload_cube.event_date < settings.run_date
        and workload_cube.min_input_tokens > 0
    group by workload_cube.workload_id
)

select
    int_workloads.workload_id,
    case
        when workload_facts.static_tokens is not null then 'owner'
        when cached.cached_tokens >= cached.requests and cached.cached_requests * 2 >= cached.requests then 'cached_prefix'
        when shortest.input_tokens is not null then 'shortest_prompt'
    end as static_source,
    case
        when workload_facts.static_tokens is not null then workload_facts.static_tokens
        -- A prefix that most calls read or wrote is in the others too: they missed.
        when cached.cached_tokens >= cached.requests and cached.cached_requests * 2 >= cached.requests
            then cached.cached_tokens / cached.cached_requests
        -- Nothing that every prompt holds is longer than the shortest prompt.
        else shortest.input_tokens
    end as static_tokens,
    coalesce(cached.cached_tokens, 0) > 0 as is_cache_in_use,
    -- What is cached at all is as long as the model in use asks for.
    case
        when workload_facts.static_tokens is not null then workload_facts.static_tokens
        when cached.cached_tokens > 0
            then greatest(cached.cached_tokens / cached.cached_requests, coalesce(models.min_cacheable_tokens, 0))
    end as cached_prefix_tokens,
    -- Calls that could wait and do not: neither batch nor flex.
    coalesce(cached.prompt_requests, 0) as prompt_requests,
    case when prefixes.requests > 0 then cast(prefixes.hits_5m as double) / prefixes.requests end as hit_share_5m,
    case when prefixes.requests > 0 then cast(prefixes.hits_1h as double) / prefixes.requests end as hit_share_1h
from int_workloads
left join workload_facts on workload_facts.workload_id = int_workloads.workload_id
left join models on models.provider = int_workloads.main_provider and models.model_id = int_workloads.main_model_id
left join cached on cached.workload_id = int_workloads.workload_id
left join shortest on shortest.workload_id = int_workloads.workload_id
left join prefixes on prefixes.workload_id = int_workloads.workload_id
