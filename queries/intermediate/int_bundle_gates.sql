-- One row per bundle and gate that its workload demands and that it does not pass: the share of requests and cost that passes.
--
-- grain:  recommendation_id, code
-- by_workload: yes
-- method: M 4.1 (codes and kinds), 4.2, 4.4; a fact that the workload demands and the catalog does not know fails closed
with facts as (
    select
        int_bundles.recommendation_id,
        int_workloads.workload_id, int_workloads.requests, int_workloads.cost_usd, int_workloads.unknown_model_requests,
        int_workloads.unpriced_requests, int_workloads.max_input_tokens, int_workloads.max_output_tokens,
        int_workloads.tools_requests, int_workloads.tools_cost_usd, int_workloads.schema_requests,
        int_workloads.schema_cost_usd, int_workloads.image_requests, int_workloads.image_cost_usd,
        int_workloads.audio_requests, int_workloads.audio_cost_usd, int_workloads.languages, int_workloads.residency,
        int_workloads.retention, int_workloads.licence, int_workloads.demanded_latency_ms_p95, int_workloads.is_batch_ok,
        int_bundles.is_same_model,
        int_bundles.split_rule is not null as is_split,
        rules.max_input_tokens as rule_tokens,
        reserves.fitting_input_tokens,
        coalesce(rules.is_without_tools, false) as is_without_tools,
        coalesce(rules.is_without_schema, false) as is_without_schema,
        coalesce(rules.is_without_image, false) as is_without_image,
        coalesce(rules.is_without_audio, false) as is_without_audio,
        int_bundles.to_service_tier,
        int_bundles.adaptation,
        models.is_fine_tunable and models.is_served_tuned as is_tunable,
        planned.model_id is not null as is_planned,
        pools.is_fitting as is_hardware_fitting,
        pools.residency as pool_residency,
        limits.tokens_per_minute,
        limits.own_minute_tokens * greatest(reserves.tau_high, reserves.output_ratio_high) + limits.served_minute_tokens as minute_tokens_needed,
        int_workloads.server_tool_requests,
        case when int_bundles.adaptation in ('self_host') then false when searches.model_id is not null then true end as has_built_in_tools,
        int_bundles.cache_mode,
        prompts.static_tokens,
        coalesce(routed.requests * 2 > int_workloads.requests, false) as is_routed,
        routed.requests as routed_requests, routed.cost_usd as routed_cost_usd,
        models.min_cacheable_tokens,
        models.has_tools,
        models.has_structured_output,
        models.input_modalities,
        models.reasoning_efforts,
        models.regions,
        models.retention as model_retention,
        models.languages as model_languages,
        models.licence as model_licence,
        models.retires_on,
        latencies.p95 as measured_latency_ms_p95,
        reserves.context_window_tokens,
        reserves.max_output_tokens as model_max_output_tokens,
        reserves.output_needed,
        reserves.input_max_needed + reserves.reserved_output as max_needed,
        reserves.input_p999_needed + reserves.reserved_output as p999_needed,
        priced.is_source_unpriced,
        coalesce(priced.is_target_unpriced, true) as is_target_unpriced,
        priced.fitting_requests,
        priced.fitting_cost_usd,
        priced.requests as priced_requests,
        priced.observed_cost_usd,
        int_limits.lead_ends as served_until,
        int_limits.horizon_ends,
        int_workloads.logical_requests >= int_limits.volume_min_requests
        and int_workloads.cost_usd * settings.month_factor_numerator
            >= int_limits.volume_min_usd * settings.month_factor_denominator
        -- Calls that would fail have to go, however few they are.
        or not int_bundles.is_same_model and coalesce(in_use.retires_on <= int_limits.lead_ends, false) as is_large_enough
    from int_bundles
    inner join int_workloads on int_workloads.workload_id = int_bundles.workload_id
    cross join settings
    cross join int_limits
    left join models on models.provider = int_bundles.to_provider and models.model_id = int_bundles.to_model_id
    left join models as in_use
        on in_use.provider = int_workloads.main_provider and in_use.model_id = int_workloads.main_model_id
    left join int_split_rules as rules on rules.split_rule = int_bundles.split_rule
    -- How fast it answers the workload's own calls, as they are: another tier or a copy of one's own is another thing.
    left join int_model_latencies as latencies
        on latencies.workload_id = int_bundles.workload_id and latencies.model_id = int_bundles.to_model_id
        and latencies.requests >= int_limits.items_min
        and int_bundles.to_service_tier is null and int_bundles.adaptation = 'none'
    left join int_planned_prices as planned
        on planned.provider = int_bundles.to_provider and planned.model_id = int_bundles.to_model_id
        and int_bundles.adaptation in ('post_train')
    left join (
        select distinct model_prices.provider, model_prices.model_id
        from model_prices
        cross join settings
        where model_prices.bucket in ('tool_call') and model_prices.valid_from <= settings.run_date
            and coalesce(model_prices.valid_to > settings.run_date, true)
    ) as searches on searches.provider = int_bundles.to_provider and searches.model_id = int_bundles.to_model_id
    left join int_workload_routed as routed on routed.workload_id = int_bundles.workload_id
    left join int_workload_static as prompts on prompts.workload_id = int_bundles.workload_id
    left join int_bundle_reserves as reserves on reserves.recommendation_id = int_bundles.recommendation_id
    left join int_bundles_priced as priced on priced.recommendation_id = int_bundles.recommendation_id
    -- Answers that may wait are not counted by the minute, and pools of one's own have hours for that.
    left join int_rate_limits as limits
        on limits.workload_id = int_bundles.workload_id
        and limits.provider = int_bundles.to_provider and limits.model_id = int_bundles.to_model_id
        and int_bundles.to_service_tier is null and int_bundles.adaptation not in ('self_host')
    left join int_pool_terms as pools
        on pools.provider = int_bundles.to_provider and pools.model_id = int_bundles.to_model_id and int_bundles.adaptation in ('self_host')
),

-- One branch per gate: demanded rows only. is_passed null means that the fact is unknown. What the model in use does every
-- day it can do: the same model is asked only for what the bundle changes.
answers as (
    select recommendation_id, 'UNPRICED' as code, 'hard' as kind, false as is_passed, 'price of the model in use' as fact,
        requests as failing_requests, cost_usd as failing_cost_usd
    from facts where unknown_model_requests + unpriced_requests > 0 and (coalesce(is_source_unpriced, true) or cost_usd = 0)
    union all
    select recommendation_id, 'VOLUME', 'hard', is_large_enough, 'volume', requests, cost_usd
    from facts
    union all
    select recommendation_id, 'RETIRED', 'hard', coalesce(retires_on > served_until, true), 'retires_on',
        requests, cost_usd
    from facts
    union all
    select recommendation_id, 'RETIRES_IN_HORIZON', 'warn', false, 'retires_on', requests, cost_usd
    from facts where retires_on > served_until and retires_on < horizon_ends
    union all
    -- Not its owner but a router chose the model in use: what is left behind is the router.
    select recommendation_id, 'OWNED_BY_ROUTER', 'warn', false, 'router', routed_requests, routed_cost_usd
    from facts where is_routed
    union all
    select recommendation_id, 'PLANNING_PRICE', 'warn', false, 'price of a tuned copy', requests, cost_usd
    from facts where is_planned
    union all
    select recommendation_id, 'UNPRICED_TO', 'hard', not is_target_unpriced, 'price of the candidate',
        requests, cost_usd
    from facts
    union all
    -- Under a rule on size nothing is longer than the rule says.
    select recommendation_id, 'CTX_TAIL', 'split',
        case when rule_tokens is null then p999_needed <= context_window_tokens else rule_tokens <= fitting_input_tokens end,
        'context_window_tokens',
        priced_requests - fitting_requests, observed_cost_usd - fitting_cost_usd
    from facts where max_input_tokens is not null and not is_same_model
    union all
    select recommendation_id, 'CTX_MAX', 'warn', false, 'context_window_tokens',
        priced_requests - fitting_requests, observed_cost_usd - fitting_cost_usd
    from facts where p999_needed <= context_window_tokens and max_needed > context_window_tokens and not is_same_model
        and rule_tokens is null
    union all
    select recommendation_id, 'OUT_MAX', 'split', output_needed <= model_max_output_tokens, 'max_output_tokens',
        requests, cost_usd
    from facts where max_output_tokens > 0 and not is_same_model
    union all
    select recommendation_id, 'TOOLS', 'split', has_tools, 'has_tools', tools_requests, tools_cost_usd
    from facts where tools_requests > 0 and not is_same_model and not is_without_tools
    union all
    -- Tools that the provider runs, such as a search of the web: a model that has them a model that has them has a price for their calls.. Which
    -- requests used them the cube does not tell.
    select recommendation_id, 'TOOLS_BUILT_IN', 'split', has_built_in_tools, 'price of a tool call', requests, cost_usd
    from facts where server_tool_requests > 0 and not is_same_model
    union all
    select recommendation_id, 'SCHEMA', 'split', has_structured_output, 'has_structured_output',
        schema_requests, schema_cost_usd
    from facts where schema_requests > 0 and not is_same_model and not is_without_schema
    union all
    select recommendation_id, 'MODALITY', 'split', input_modalities like '%image%', 'input_modalities',
        image_requests, image_cost_usd
    from facts where image_requests > 0 and not is_same_model and not is_without_image
    union all
    select recommendation_id, 'MODALITY_AUDIO', 'split', input_modalities like '%audio%', 'input_modalities',
        audio_requests, audio_cost_usd
    from facts where audio_requests > 0 and not is_same_model and not is_without_audio
    union all
    select facts.recommendation_id, 'EFFORT', 'split',
        bool_and('|' || facts.reasoning_efforts || '|' like '%|' || efforts.reasoning_effort || '|%'), 'reasoning_efforts',
        sum(efforts.requests), cast(sum(efforts.cost_usd) as decimal(38, 12))
    from facts
    inner join int_workload_efforts as efforts on efforts.workload_id = facts.workload_id
    where not facts.is_same_model
    group by facts.recommendation_id
    union all
    select recommendation_id, 'LANG', 'split', array_has_all(string_to_array(model_languages, '|'), string_to_array(languages, '|')),
        'languages', requests, cost_usd
    from facts where languages is not null and not is_same_model
    union all
    select recommendation_id, 'REGION', 'hard',
        case when adaptation in ('self_host') then pool_residency = residency else array_has(string_to_array(regions, '|'), residency) end,
        'regions', requests, cost_usd
    from facts where residency is not null and not is_same_model
    union all
    select recommendation_id, 'FT_PLATFORM', 'hard', is_tunable, 'is_fine_tunable and is_served_tuned', requests, cost_usd
    from facts where adaptation in ('post_train')
    union all
    select recommendation_id, 'HARDWARE', 'hard', is_hardware_fitting, 'memory of the pool', requests, cost_usd
    from facts where adaptation in ('self_host')
    union all
    -- Batches, caches and examples to tune with are stored longer than a call; no catalog says for how long.
    select recommendation_id, 'RETENTION', 'hard',
        case when to_service_tier is null and cache_mode is null then model_retention = retention end, 'retention', requests, cost_usd
    from facts where retention is not null and adaptation not in ('self_host') and (not is_same_model or to_service_tier is not null or cache_mode is not null)
    union all
    select recommendation_id, 'LICENCE', 'hard', model_licence = licence, 'licence', requests, cost_usd
    from facts where licence is not null and not is_same_model
    union all
    -- Unknown until it has served the workload, and then a warning.
    select recommendation_id, 'LATENCY', case when measured_latency_ms_p95 is null then 'hard' else 'warn' end,
        measured_latency_ms_p95 <= demanded_latency_ms_p95, 'latency of the candidate', requests, cost_usd
    from facts where demanded_latency_ms_p95 is not null and (not is_same_model or to_service_tier is not null)
    union all
    select recommendation_id, 'RATE_LIMIT', 'warn', minute_tokens_needed <= tokens_per_minute, 'tokens_per_minute', requests, cost_usd
    from facts where tokens_per_minute is not null and not is_same_model
    union all
    select recommendation_id, 'SPLIT_SHARE', 'split', fitting_cost_usd * 5 >= observed_cost_usd, 'share of the cost under the rule',
        priced_requests - fitting_requests, observed_cost_usd - fitting_cost_usd
    from facts where is_split
    union all
    select recommendation_id, 'BATCH_OK', 'hard', is_batch_ok, 'batch_ok of the workload', requests, cost_usd
    from facts where to_service_tier in ('batch', 'flex')
    union all
    select recommendation_id, 'CACHE_PREFIX', 'hard', static_tokens >= min_cacheable_tokens, 'min_cacheable_tokens', requests, cost_usd
    from facts where cache_mode is not null
)

select
    answers.recommendation_id,
    case when answers.is_passed is null then 'UNKNOWN_FACT:' || answers.code else answers.code end as code,
    case
        when answers.is_passed is null then 'UNKNOWN_FACT'
        when answers.code = 'MODALITY_AUDIO' then 'MODALITY'
        when answers.code = 'TOOLS_BUILT_IN' then 'TOOLS'
        else answers.code
    end as reason_code,
    case when answers.is_passed is null then 'hard' else answers.kind end as kind,
    answers.fact,
    case when facts.requests = 0 then 0.0 else 1.0 - cast(answers.failing_requests as double) / facts.requests end as pass_share_requests,
    case
        when facts.cost_usd = 0 then 0.0
        else 1.0 - cast(answers.failing_cost_usd as double) / cast(facts.cost_usd as double)
    end as pass_share_spend
from answers
inner join facts on facts.recommendation_id = answers.recommendation_id
where answers.is_passed is not true
