-- One row per bundle: the sizes that the candidate must hold, at the high end of every ratio.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 4.1 (reserve: the caller's output limit, else p99.9 of the output re-scaled, at most the candidate's limit;
--         high ends, because a wrong fit is an outage and a wrong price is only money)
with ratios as (
    select
        recommendation_id,
        max(tau_high) as tau_high,
        max(nu_high) as nu_high,
        max(gamma_high) as gamma_high,
        max(case when is_reasoning_new then gamma0_high else 0.0 end) as gamma0_high,
        min(case when is_reasoning_gone then 0.0 else 1.0 end) as reasoning_kept
    from int_bundle_ratios
    group by recommendation_id
),

sizes as (
    select
        int_bundles.recommendation_id,
        models.context_window_tokens,
        models.max_output_tokens,
        int_workloads.max_requested_tokens,
        int_workloads.max_input_tokens,
        inputs.p999 as input_p999,
        ratios.tau_high,
        outputs.p999 as output_p999,
        ratios.tau_high * case
            when int_workloads.output_tokens = 0 then 1.0
            else (
                (int_workloads.output_tokens - int_workloads.reasoning_tokens) * (ratios.nu_high + ratios.gamma0_high)
                + int_workloads.reasoning_tokens * ratios.gamma_high * ratios.reasoning_kept
            ) / int_workloads.output_tokens
        end as output_ratio_high
    from int_bundles
    inner join int_workloads on int_workloads.workload_id = int_bundles.workload_id
    inner join ratios on ratios.recommendation_id = int_bundles.recommendation_id
    left join models on models.provider = int_bundles.to_provider and models.model_id = int_bundles.to_model_id
    left join int_workload_quantiles as inputs
        on inputs.workload_id = int_bundles.workload_id and inputs.dimension = 'input'
    left join int_workload_quantiles as outputs
        on outputs.workload_id = int_bundles.workload_id and outputs.dimension = 'output'
),

needed as (
    select *, ceil(output_p999 * output_ratio_high) as output_needed from sizes
)

select
    recommendation_id,
    context_window_tokens,
    max_output_tokens,
    tau_high,
    output_ratio_high,
    cast(output_needed as bigint) as output_needed,
    least(cast(coalesce(max_requested_tokens, output_needed) as bigint), max_output_tokens) as reserved_output,
    -- The longest prompt, by the tokenizer in use, that leaves room for the answer: X of M 4.3.
    cast(floor(
        (context_window_tokens - least(cast(coalesce(max_requested_tokens, output_needed) as bigint), max_output_tokens)) / tau_high
    ) as bigint) as fitting_input_tokens,
    cast(ceil(tau_high * max_input_tokens) as bigint) as input_max_needed,
    cast(ceil(tau_high * input_p999) as bigint) as input_p999_needed
from needed
