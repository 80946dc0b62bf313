-- One row per bundle and cell of its workload: what would move, how its prompts would be read, and whether it fits.
--
-- grain:  recommendation_id, provider, billed_model_id, service_tier, region_class, input_stratum, demands
-- by_workload: yes
-- method: M 4.2 (what does not fit stays where it is), at the high end of the tokenizer ratio; 3.2 (a prefix below the
--         candidate's minimum is no longer cached), 3.3 (a cache's tokens are static ones and are cut first), 3.6 (hit share)
with moved as (
    select
        int_bundles.recommendation_id,
        int_bundles.to_provider,
        int_bundles.to_model_id,
        int_cells.*,
        coalesce(int_bundles.to_service_tier, int_cells.service_tier) as for_service_tier,
        int_bundles.static_kept_ratio,
        int_bundles.cache_mode,
        int_bundle_ratios.tau,
        -- No prompt of the cell is longer than this: the stratum's edge, or the longest prompt that was seen in it.
        least(int_cells.input_stratum, int_cells.max_input_tokens) as longest_input_tokens,
        -- The same model keeps what other models of the workload do.
        (
            not int_bundles.is_same_model
            or int_cells.provider = int_bundles.to_provider and int_cells.billed_model_id = int_bundles.to_model_id
        )
        -- A rule's threshold is a stratum's edge, so it tells whole cells apart; calls of which no log tells the fact stay.
        and coalesce(int_cells.input_stratum <= rules.max_input_tokens, rules.max_input_tokens is null)
        and not (coalesce(rules.is_without_tools, false) and int_cells.demands like '%tools%')
        and not (coalesce(rules.is_without_image, false) and int_cells.demands like '%image%')
        and not (coalesce(rules.is_without_audio, false) and int_cells.demands like '%audio%')
        and not (coalesce(rules.is_without_schema, false) and int_cells.demands like '%schema%') as is_part,
        int_bundles.is_same_model or coalesce(
            least(int_cells.input_stratum, int_cells.max_input_tokens) * int_bundle_ratios.tau_high + int_bundle_reserves.reserved_output
                <= int_bundle_reserves.context_window_tokens,
            true
        ) as is_small_enough,
        int_cells.usage_input_uncached_tokens + int_cells.usage_cache_read_tokens + int_cells.usage_cache_write_5m_tokens
        + int_cells.usage_cache_write_1h_tokens as text_tokens,
        int_cells.usage_cache_read_tokens + int_cells.usage_cache_write_5m_tokens + int_cells.usage_cache_write_1h_tokens
            as cached_tokens,
        coalesce(prompts.static_tokens, 0) as static_tokens,
        case int_bundles.cache_mode when '5m' then prompts.hit_share_5m when '1h' then prompts.hit_share_1h end as hit_share,
        -- A prefix that is kept whole is as long as what is cached of it; the same model caches it as it does.
        case
            when int_bundles.static_kept_ratio is not null
                then coalesce(prompts.static_tokens * int_bundles.static_kept_ratio * int_bundle_ratios.tau >= models.min_cacheable_tokens, true)
            else int_bundles.is_same_model or coalesce(prompts.cached_prefix_tokens * int_bundle_ratios.tau >= models.min_cacheable_tokens, true)
        end as is_prefix_cacheable
    from int_bundles
    inner join int_cells on int_cells.workload_id = int_bundles.workload_id
    inner join int_bundle_ratios
        on int_bundle_ratios.recommendation_id = int_bundles.recommendation_id
        and int_bundle_ratios.from_provider = int_cells.provider
        and int_bundle_ratios.from_model_id = int_cells.billed_model_id
    left join int_bundle_reserves on int_bundle_reserves.recommendation_id = int_bundles.recommendation_id
    left join int_split_rules as rules on rules.split_rule = int_bundles.split_rule
    left join int_workload_static as prompts on prompts.workload_id = int_bundles.workload_id
    left join models on models.provider = int_bundles.to_provider and models.model_id = int_bundles.to_model_id
),

opened as (
    select *, least(static_tokens * requests, text_tokens) as opening_tokens from moved
),

cut as (
    select
        *,
        case
            when static_kept_ratio is null then 0
            else cast(round(opening_tokens * (1.0 - static_kept_ratio)) as bigint)
        end as cut_tokens,
        -- Share of the cached tokens that stays in the cache; null where nothing is cut.
        case
            when static_kept_ratio is null or cached_tokens = 0 then cast(null as double)
            when not is_prefix_cacheable then 0.0
            else greatest(1.0 - opening_tokens * (1.0 - static_kept_ratio) / cached_tokens, 0.0)
        end as cache_kept
    from opened
),

hits as (
    select *, cast(round((opening_tokens - cut_tokens) * hit_share) as bigint) as hit_tokens from cut
),

cached as (
    select
        *,
        case
            when hit_share is not null then hit_tokens
            when cache_kept is null then usage_cache_read_tokens
            else cast(round(usage_cache_read_tokens * cache_kept) as bigint)
        end as read_tokens,
        case
            when hit_share is not null then case when cache_mode in ('5m') then opening_tokens - cut_tokens - hit_tokens else 0 end
            when cache_kept is null then usage_cache_write_5m_tokens
            else cast(round(usage_cache_write_5m_tokens * cache_kept) as bigint)
        end as write_5m_tokens,
        case
            when hit_share is not null then case when cache_mode in ('1h') then opening_tokens - cut_tokens - hit_tokens else 0 end
            when cache_kept is null then usage_cache_write_1h_tokens
            else cast(round(usage_cache_write_1h_tokens * cache_kept) as bigint)
        end as write_1h_tokens
    from hits
)

select
    * exclude (
        usage_input_uncached_tokens, usage_cache_read_tokens, usage_cache_write_5m_tokens, usage_cache_write_1h_tokens,
        static_tokens, hit_share, opening_tokens, cut_tokens, cache_kept, text_tokens, cached_tokens, is_prefix_cacheable,
        cache_mode, hit_tokens, read_tokens, write_5m_tokens, write_1h_tokens
    ),
    is_part and is_small_enough as is_fitting,
    -- The candidate would cache none of it: its tokens keep their kind, and cost what plain input does.
    static_kept_ratio is null and hit_share is null and cached_tokens > 0 and not is_prefix_cacheable as is_prefix_too_short,
    text_tokens - cut_tokens - read_tokens - write_5m_tokens - write_1h_tokens as usage_input_uncached_tokens,
    read_tokens as usage_cache_read_tokens,
    write_5m_tokens as usage_cache_write_5m_tokens,
    write_1h_tokens as usage_cache_write_1h_tokens,
    -- What the trim keeps of the static tokens: its ratio is uncertain.
    case when static_kept_ratio is not null then opening_tokens - cut_tokens else 0 end as kept_static_tokens
from cached
