-- One row per bundle, basis and effect: from the cost of the model in use to the saving, one cause after the other.
--
-- grain:  workload_id, basis, recommendation_id, effect
-- by_workload: yes
-- method: M 3.1 (the same formula, its ratios switched on one by one), 3.2, 3.4, 6.8
with chosen as (
    select 'decision' as basis, workload_id, recommendation_id, estimated_monthly_savings_usd as saving_usd
    from decisions
    -- A forced move claims no saving: there is none to explain.
    where recommendation_id is not null and estimated_monthly_savings_usd is not null and action not in ('MIGRATE')
    union all
    -- A blocked alternative claims nothing, and what ranks behind these is told by the one that was taken.
    select 'alternative', workload_id, recommendation_id, estimated_monthly_savings_usd
    from alternatives
    where option_rank <= 5 and finding in ('cheaper', 'dearer') and estimated_monthly_savings_usd is not null
    union all
    select 'price_table', workload_id, recommendation_id, cast(null as decimal(18, 2)) from int_price_table_picks
),

-- A month of every cell on the candidate at today's tier; "kept" as if cache and tier went on costing their shares.
cells as (
    select
        chosen.basis, chosen.recommendation_id, from_cells.provider, from_cells.billed_model_id,
        source.cost_now_usd as source_usd,
        case when offered.is_tier_lost then shares.tier_share else 1.0 end as tier_share,
        -- A candidate without a cache is held against one that costs the shares of the model in use; one with a cache, whose
        -- least prefix is longer than what is cached, against its own prices.
        (
            from_cells.usage_cache_read_tokens * case
                when offered.usd_cache_read is null then (shares.read_share - 1.0) * coalesce(offered.usd_input, 0)
                when moved.is_prefix_too_short then cast(offered.usd_cache_read as double) - coalesce(offered.usd_input, 0)
                else 0.0
            end
            + from_cells.usage_cache_write_5m_tokens * case
                when offered.usd_cache_write_5m is null then (shares.write_5m_share - 1.0) * coalesce(offered.usd_input, 0)
                when moved.is_prefix_too_short then cast(offered.usd_cache_write_5m as double) - coalesce(offered.usd_input, 0)
                else 0.0
            end
            + from_cells.usage_cache_write_1h_tokens * case
                when coalesce(offered.usd_cache_write_1h, offered.usd_cache_write_5m) is null
                    then (shares.write_1h_share - 1.0) * coalesce(offered.usd_input, 0)
                when moved.is_prefix_too_short
                    then cast(coalesce(offered.usd_cache_write_1h, offered.usd_cache_write_5m) as double) - coalesce(offered.usd_input, 0)
                else 0.0
            end
        ) * 0.000001 as cache_usd,
        from_cells.usage_input_uncached_tokens * coalesce(offered.usd_input, 0)
        + from_cells.usage_cache_read_tokens
        * coalesce(case when not moved.is_prefix_too_short then offered.usd_cache_read end, offered.usd_input, 0)
        + from_cells.usage_cache_write_5m_tokens
        * coalesce(case when not moved.is_prefix_too_short then offered.usd_cache_write_5m end, offered.usd_input, 0)
        + from_cells.usage_cache_write_1h_tokens * coalesce(
            case when not moved.is_prefix_too_short then coalesce(offered.usd_cache_write_1h, offered.usd_cache_write_5m) end, offered.usd_input, 0
        )
        + from_cells.usage_input_audio_tokens * coalesce(offered.usd_input_audio, 0)
        + from_cells.usage_input_image_tokens * coalesce(offered.usd_input_image, 0) as input_micro_usd,
        from_cells.usage_output_visible_tokens * coalesce(offered.usd_output, 0)
        + from_cells.usage_output_audio_tokens * coalesce(offered.usd_output_audio, 0)
        + from_cells.usage_output_image_tokens * coalesce(offered.usd_output_image, 0) as visible_micro_usd,
        from_cells.usage_output_reasoning_tokens * coalesce(offered.usd_reasoning, offered.usd_output, 0) as reasoning_micro_usd
    from chosen
    inner join int_bundle_cells as moved on moved.recommendation_id = chosen.recommendation_id
    inner join int_cells as from_cells
        on from_cells.workload_id = moved.workload_id and from_cells.provider = moved.provider
        and from_cells.billed_model_id = moved.billed_model_id and from_cells.service_tier = moved.service_tier
        and from_cells.region_class = moved.region_class and from_cells.input_stratum = moved.input_stratum
        and from_cells.demands = moved.demands
    inner join int_cells_on_source as source
        on source.workload_id = moved.workload_id and source.provider = moved.provider
        and source.billed_model_id = moved.billed_model_id and source.service_tier = moved.service_tier
        and source.region_class = moved.region_class and source.input_stratum = moved.input_stratum
        and source.demands = moved.demands
    inner join int_kept_shares as shares
        on shares.provider = moved.provider and shares.model_id = moved.billed_model_id
        and shares.service_tier = moved.service_tier and shares.region_class = moved.region_class
    inner join int_prices_offered as offered
        on offered.provider = moved.to_provider and offered.model_id = moved.to_model_id and offered.is_current
        and offered.for_service_tier = moved.service_tier and offered.for_region_class = moved.region_class
        and (offered.above_prompt_tokens = 0 or coalesce(moved.longest_input_tokens, 0) * moved.tau > offered.above_prompt_tokens)
        and (offered.upto_prompt_tokens is null or coalesce(moved.longest_input_tokens, 0) * moved.tau <= offered.upto_prompt_tokens)
    -- The price table moves everything; the decision what fits.
    where moved.is_fitting or chosen.basis in ('price_table')
),

sums as (
    select
        basis, recommendation_id, provider, billed_model_id,
        cast(sum(source_usd) as double) as source_usd,
        sum(cast((cast(input_micro_usd as double) * 0.000001 + cache_usd) * tier_share as decimal(38, 12))) as input_kept,
        sum(cast(cast(input_micro_usd as double) * 0.000001 * tier_share as decimal(38, 12))) as input_at_tier,
        sum(input_micro_usd) * 0.000001 as input_now,
        sum(cast(cast(visible_micro_usd as double) * 0.000001 * tier_share as decimal(38, 12))) as visible_at_tier,
        sum(visible_micro_usd) * 0.000001 as visible_now,
        sum(cast(cast(reasoning_micro_usd as double) * 0.000001 * tier_share as decimal(38, 12))) as reasoning_at_tier,
        sum(reasoning_micro_usd) * 0.000001 as reasoning_now
    from cells
    group by basis, recommendation_id, provider, billed_model_id
),

ratios as (
    select
        recommendation_id, from_provider, from_model_id, tau, nu,
        case when is_reasoning_gone or is_reasoning_new then 0.0 else gamma end as gamma,
        case when is_reasoning_new and not is_reasoning_gone then gamma0 else 0.0 end as gamma0
    from int_bundle_ratios
),

-- What the moved part costs a window after each effect; the order is the order of the rows.
costs as (
    select
        sums.basis, sums.recommendation_id,
        sum(sums.source_usd) as source_usd,
        sum(cast(input_kept + visible_at_tier + reasoning_at_tier as double)) as after_price,
        sum(ratios.tau * cast(input_kept + visible_at_tier + reasoning_at_tier as double)) as after_tokenizer,
        sum(ratios.tau * (cast(input_kept + reasoning_at_tier as double) + ratios.nu * cast(visible_at_tier as double))) as after_verbosity,
        sum(ratios.tau * (
            cast(input_kept as double) + ratios.nu * cast(visible_at_tier as double) + ratios.gamma * cast(reasoning_at_tier as double)
            + ratios.gamma0 * cast(visible_at_tier as double)
        )) as after_reasoning,
        sum(ratios.tau * (
            cast(input_at_tier as double) + ratios.nu * cast(visible_at_tier as double) + ratios.gamma * cast(reasoning_at_tier as double)
            + ratios.gamma0 * cast(visible_at_tier as double)
        )) as after_cache,
        sum(ratios.tau * (
            cast(input_now as double) + ratios.nu * cast(visible_now as double) + ratios.gamma * cast(reasoning_now as double)
            + ratios.gamma0 * cast(visible_now as double)
        )) as after_tier
    from sums
    inner join ratios
        on ratios.recommendation_id = sums.recommendation_id and ratios.from_provider = sums.provider
        and ratios.from_model_id = sums.billed_model_id
    group by sums.basis, sums.recommendation_id
),

saved as (
    select
        costs.basis,
        chosen.workload_id,
        costs.recommendation_id,
        (costs.source_usd - after_price) * months.factor as price,
        (costs.source_usd - after_tokenizer) * months.factor as tokenizer,
        (costs.source_usd - after_verbosity) * months.factor as verbosity,
        (costs.source_usd - after_reasoning) * months.factor as reasoning,
        (costs.source_usd - after_cache) * months.factor as cache,
        (costs.source_usd - after_tier) * months.factor as tier,
        coalesce(chosen.saving_usd, cast((costs.source_usd - after_tier) * months.factor as decimal(18, 2))) as saving_usd,
        coalesce(cast(int_bundles.fixed_usd_per_month as decimal(18, 2)), cast(hosting.hosting_monthly_usd as decimal(18, 2)), 0) as hosting_usd,
        -- A lever on tier, cache, prompt or effort is the rest: what the full price of the bundle has beyond its model's.
        case
            when int_bundles.adaptation in ('cascade') then 'escalation'
            when int_bundles.to_service_tier is not null then 'tier'
            when int_bundles.cache_mode is not null then 'cache'
            when int_bundles.static_kept_ratio is not null then 'prompt'
            when int_bundles.reasoning_effort is not null then 'reasoning'
            else 'tier'
        end as rest_effect,
        coalesce(cast(chosen.saving_usd as double) - (costs.source_usd - after_tier) * months.factor, 0.0) as rest
    from costs
    inner join chosen on chosen.basis = costs.basis and chosen.recommendation_id = costs.recommendation_id
    inner join int_bundles on int_bundles.recommendation_id = costs.recommendation_id
    left join int_bundle_hosting as hosting on hosting.recommendation_id = costs.recommendation_id
    cross join (
        select cast(month_factor_numerator as double) / month_factor_denominator as factor from settings
    ) as months
),

-- Running savings in cents: each row is the difference of two of them, so the rows add up without a rest.
running as (
    select
        basis, workload_id, recommendation_id, saving_usd, hosting_usd,
        cast(price as decimal(18, 2)) as price,
        cast(tokenizer as decimal(18, 2)) as tokenizer,
        cast(verbosity as decimal(18, 2)) as verbosity,
        cast(reasoning + case when rest_effect in ('reasoning') then rest else 0.0 end as decimal(18, 2)) as reasoning,
        cast(reasoning + case when rest_effect in ('reasoning', 'prompt') then rest else 0.0 end as decimal(18, 2)) as prompt,
        cast(cache + case when rest_effect in ('reasoning', 'prompt', 'cache') then rest else 0.0 end as decimal(18, 2)) as cache,
        -- What a cascade sends back is all that is left after the tier; nothing else is.
        case when rest_effect in ('escalation') then cast(tier as decimal(18, 2)) else saving_usd end as tier
    from saved
)

select
    running.basis,
    running.workload_id,
    running.recommendation_id,
    effects.effect,
    cast(effects.place as bigint) as place,
    cast(case effects.effect
        when 'price' then price
        when 'tokenizer' then tokenizer - price
        when 'verbosity' then verbosity - tokenizer
        when 'reasoning' then reasoning - verbosity
        when 'prompt' then prompt - reasoning
        when 'cache' then cache - prompt
        when 'tier' then tier - cache
        when 'escalation' then saving_usd - tier
        when 'hosting' then -hosting_usd
        else saving_usd - hosting_usd
    end as decimal(18, 2)) as amount_usd
from running
cross join (
    values ('price', 1), ('tokenizer', 2), ('verbosity', 3), ('reasoning', 4), ('prompt', 5), ('cache', 6), ('tier', 7),
        ('escalation', 8), ('hosting', 9), ('saving', 10)
) as effects (effect, place)
