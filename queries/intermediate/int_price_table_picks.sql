-- One row per workload that a price table would move: the candidate with the lowest list price for the same tokens.
--
-- grain:  workload_id
-- by_workload: yes
-- method: M 2.1, 3.1 (89 % holds as long as token counts are equal; caches, tiers and bands are not asked here)
with listed as (
    select provider, model_id, min(usd_input) as usd_input, min(usd_output) as usd_output
    from int_prices_offered
    where is_current and above_prompt_tokens = 0 and service_tier in ('standard')
    group by provider, model_id
),

compared as (
    select
        int_bundles.workload_id,
        int_bundles.recommendation_id,
        int_bundles.to_provider,
        int_bundles.to_model_id,
        int_workloads.input_tokens * candidate.usd_input + int_workloads.output_tokens * candidate.usd_output as candidate_micro_usd,
        int_workloads.input_tokens * in_use.usd_input + int_workloads.output_tokens * in_use.usd_output as in_use_micro_usd
    from int_bundles
    inner join int_workloads on int_workloads.workload_id = int_bundles.workload_id
    inner join int_bundles_priced as priced on priced.recommendation_id = int_bundles.recommendation_id
    inner join listed as in_use
        on in_use.provider = int_workloads.main_provider and in_use.model_id = int_workloads.main_model_id
    inner join listed as candidate
        on candidate.provider = int_bundles.to_provider and candidate.model_id = int_bundles.to_model_id
    where int_bundles.lever in ('lever_smaller_model', 'lever_move_up')
        and not priced.is_source_unpriced
        and not priced.is_target_unpriced
),

ranked as (
    select
        *,
        row_number() over (
            partition by workload_id order by candidate_micro_usd, to_provider, to_model_id, recommendation_id
        ) as place
    from compared
    where candidate_micro_usd < in_use_micro_usd
)

select workload_id, recommendation_id from ranked where place = 1
