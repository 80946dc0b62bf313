-- One row per workload and time to live: keep the unchanging start of its prompts in the provider's cache.
--
-- grain:        workload_id, cache_mode
-- title:        Cache the start of the prompt
-- why_it_costs: the same instructions are read at full price with every call
-- assumes:      hits come as the prefixes of the window did; what opens every prompt is as long as stated
-- wrong_when:   the start of the prompt changes from call to call, or calls come too rarely for the time to live
-- method:       M 3.6 (the prefix costs hit share * read + (1 - hit share) * write), EX-3.7
with lives as (
    select '5m' as cache_mode
    union all
    select '1h' as cache_mode
),

written as (
    -- The longer life has to be on the price list; the shorter one may be free to write.
    select distinct model_prices.provider, model_prices.model_id, model_prices.bucket
    from model_prices
    cross join settings
    where model_prices.bucket in ('cache_read', 'cache_write_1h')
        and model_prices.valid_from <= settings.run_date
        and (model_prices.valid_to is null or settings.run_date < model_prices.valid_to)
)

select
    int_workloads.workload_id,
    'lever_prompt_caching' as lever,
    int_workloads.main_provider as to_provider,
    int_workloads.main_model_id as to_model_id,
    cast(null as varchar) as to_service_tier,
    lives.cache_mode,
    cast(null as double) as static_kept_ratio,
    cast(null as varchar) as reasoning_effort,
    'cache' as adaptation,
    cast(null as varchar) as split_rule,
    'config' as one_off_class,
    cast(null as decimal(38, 12)) as fixed_usd_per_month,
    case prompts.static_source
        when 'owner' then 'the owner says how long the unchanging start is'
        else 'nobody said how long the unchanging start is: at most the shortest prompt'
    end as reason
from int_workloads
inner join int_workload_static as prompts on prompts.workload_id = int_workloads.workload_id
cross join lives
inner join written
    on written.provider = int_workloads.main_provider
    and written.model_id = int_workloads.main_model_id
    and written.bucket = case lives.cache_mode when '1h' then 'cache_write_1h' else 'cache_read' end
where int_workloads.workload_source <> 'unattributed'
    and not prompts.is_cache_in_use
    and prompts.static_tokens > 0
    and case
        when lives.cache_mode in ('5m') then prompts.hit_share_5m > 0
        -- A longer life is worth a look only where it catches more.
        else prompts.hit_share_1h > prompts.hit_share_5m
    end
