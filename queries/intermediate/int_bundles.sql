-- One row per bundle: one proposal, or two of compatible levers, with its stable id.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 7.1 (bundles are re-priced in full, never added), EX-7.1
-- Pairs are few on purpose: the lever beside a move has to be allowed for the workload and offered by the candidate, and a
-- candidate that is dearer than the model in use both ways gets no partner, because the partner alone would be cheaper.
with offers as (
    select
        provider,
        model_id,
        service_tier,
        min(usd_input) as usd_input,
        min(usd_output) as usd_output,
        bool_or(usd_cache_read is not null) as has_cache,
        bool_or(usd_cache_write_1h is not null) as has_long_cache
    from int_prices_offered
    where is_current and above_prompt_tokens = 0
    group by provider, model_id, service_tier
),

placed as (
    select
        proposals.*,
        coalesce(
            proposals.to_provider = int_workloads.main_provider and proposals.to_model_id = int_workloads.main_model_id, false
        ) as is_same_model,
        int_workloads.main_provider,
        int_workloads.main_model_id,
        int_workloads.is_batch_ok
    from proposals
    inner join int_workloads on int_workloads.workload_id = proposals.workload_id
),

partners as (
    select workload_id, lever, to_service_tier, cache_mode, static_kept_ratio, reasoning_effort, is_batch_ok, reason
    from placed
    where adaptation in ('batch', 'cache')
    union all
    -- A tier that the model in use lacks, and the candidate perhaps has.
    select
        int_workloads.workload_id, 'lever_batch_or_flex', tiers.service_tier, cast(null as varchar), cast(null as double),
        cast(null as varchar), true, 'the owner says that answers may come later'
    from int_workloads
    inner join int_workload_static as prompts on prompts.workload_id = int_workloads.workload_id and prompts.prompt_requests > 0
    cross join (select distinct service_tier from offers where service_tier in ('batch', 'flex')) as tiers
    left join placed as own
        on own.workload_id = int_workloads.workload_id and own.adaptation = 'batch' and own.to_service_tier = tiers.service_tier
    where int_workloads.is_batch_ok and own.workload_id is null
),

joined as (
    -- The partner keeps the model; only tier, cache, prompt and effort are added, so of two models one is the move's.
    select
        move.workload_id,
        lever_pairs.lever || '+' || lever_pairs.other_lever as lever,
        move.to_provider,
        move.to_model_id,
        coalesce(move.to_service_tier, partner.to_service_tier) as to_service_tier,
        coalesce(move.cache_mode, partner.cache_mode) as cache_mode,
        coalesce(move.static_kept_ratio, partner.static_kept_ratio) as static_kept_ratio,
        coalesce(move.reasoning_effort, partner.reasoning_effort) as reasoning_effort,
        move.adaptation,
        move.split_rule,
        move.one_off_class,
        move.fixed_usd_per_month,
        move.reason || '; ' || partner.reason as reason,
        move.is_same_model
    from lever_pairs
    inner join partners as partner on partner.lever in (lever_pairs.lever, lever_pairs.other_lever)
    inner join placed as move
        on move.workload_id = partner.workload_id
        and move.lever = case when partner.lever = lever_pairs.lever then lever_pairs.other_lever else lever_pairs.lever end
        and move.adaptation not in ('batch', 'cache')
    inner join offers as taken
        on taken.provider = move.to_provider
        and taken.model_id = move.to_model_id
        and taken.service_tier = coalesce(partner.to_service_tier, 'standard')
    left join offers as plain
        on plain.provider = move.to_provider and plain.model_id = move.to_model_id and plain.service_tier = 'standard'
    left join offers as in_use
        on in_use.provider = move.main_provider and in_use.model_id = move.main_model_id and in_use.service_tier = 'standard'
    where (partner.to_service_tier is null or partner.is_batch_ok)
        and case partner.cache_mode when '5m' then taken.has_cache when '1h' then taken.has_long_cache else true end
        and (
            move.is_same_model
            or coalesce(plain.usd_input < in_use.usd_input or plain.usd_output < in_use.usd_output, true)
        )
),

bundles as (
    select * exclude (main_provider, main_model_id, is_batch_ok) from placed
    union all
    select * from joined
)

select
    substr(encode(sha256(concat(
        workload_id, chr(31), lever, chr(31), to_provider, chr(31), to_model_id, chr(31),
        coalesce(to_service_tier, ''), chr(31), coalesce(cache_mode, ''), chr(31),
        coalesce(cast(static_kept_ratio as varchar), ''), chr(31), coalesce(reasoning_effort, ''), chr(31),
        adaptation, chr(31), coalesce(split_rule, '')
    )), 'hex'), 1, 16) as recommendation_id,
    *,
    -- What changes beside the model, in words.
    nullif(concat_ws(
        ', ',
        to_service_tier || ' tier',
        'prompt cached for ' || cache_mode,
        'prompt start cut to ' || cast(cast(round(static_kept_ratio * 100) as bigint) as varchar) || ' %',
        'effort ' || reasoning_effort,
        'calls with ' || replace(split_rule, ' -> B ELSE A', '')
    ), '') as setting,
    -- The same model with the same prompt gives the same answers, only later or from a cache (M 3.6, 5.11).
    not (is_same_model and adaptation in ('batch', 'cache')) as needs_verdict
from bundles
