-- One row per workload: what the instructions cost that every call repeats, as a share of its cost.
--
-- grain:  workload_id
-- method: M 3.1 (static tokens), 3.6 (a prefix from the cache costs what the cache does, the rest of it plain input)
with cells as (
    select
        int_cells.workload_id,
        source.cost_now_usd,
        int_cells.usage_cache_read_tokens,
        int_cells.usage_cache_write_5m_tokens,
        int_cells.usage_cache_write_1h_tokens,
        -- Of the static tokens those that no cache holds.
        least(
            greatest(
                prompts.static_tokens * int_cells.requests - int_cells.usage_cache_read_tokens - int_cells.usage_cache_write_5m_tokens
                    - int_cells.usage_cache_write_1h_tokens,
                0
            ),
            int_cells.usage_input_uncached_tokens
        ) as plain_tokens,
        offered.usd_input, offered.usd_cache_read, offered.usd_cache_write_5m, offered.usd_cache_write_1h
    from int_cells
    inner join int_workload_static as prompts on prompts.workload_id = int_cells.workload_id
    inner join int_cells_on_source as source
        on source.workload_id = int_cells.workload_id and source.provider = int_cells.provider
        and source.billed_model_id = int_cells.billed_model_id and source.service_tier = int_cells.service_tier
        and source.region_class = int_cells.region_class and source.demands = int_cells.demands
        and source.input_stratum is not distinct from int_cells.input_stratum
    inner join int_prices_offered as offered
        on offered.provider = int_cells.provider and offered.model_id = int_cells.billed_model_id and offered.is_current
        and offered.for_service_tier = int_cells.service_tier and offered.for_region_class = int_cells.region_class
        and (offered.above_prompt_tokens = 0 or coalesce(int_cells.input_stratum, 0) > offered.above_prompt_tokens)
        and (offered.upto_prompt_tokens is null or coalesce(int_cells.input_stratum, 0) <= offered.upto_prompt_tokens)
    where prompts.static_tokens is not null
),

sums as (
    select
        workload_id,
        sum(cost_now_usd) as cost_usd,
        sum(
            plain_tokens * coalesce(usd_input, 0) + usage_cache_read_tokens * coalesce(usd_cache_read, 0)
            + usage_cache_write_5m_tokens * coalesce(usd_cache_write_5m, 0)
            + usage_cache_write_1h_tokens * coalesce(usd_cache_write_1h, 0)
        ) * 0.000001 as repeated_usd
    from cells
    group by workload_id
)

select
    workload_id,
    case when cost_usd > 0 then round(least(cast(repeated_usd as double) / cast(cost_usd as double), 1.0), 6) end as repeated_spend_share
from sums
