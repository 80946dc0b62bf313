-- One row per workload that a pool would serve, or serves, and hour of the window: how long its calls would keep GPUs busy.
--
-- grain:  pool_id, workload_id, event_date, hour
-- method: M 6.8 (prompt / prefill rate + output / decode rate), 3.1 (tokens as the pool's model would count and write them)
with ratios as (
    select
        int_bundles.workload_id,
        int_pool_terms.pool_id,
        int_bundle_ratios.from_model_id,
        max(int_bundle_ratios.tau) as input_ratio,
        max(int_bundle_ratios.tau * case
            when int_workloads.output_tokens = 0 then 1.0
            else (
                (int_workloads.output_tokens - int_workloads.reasoning_tokens)
                * (int_bundle_ratios.nu + case when int_bundle_ratios.is_reasoning_new then int_bundle_ratios.gamma0 else 0.0 end)
                + int_workloads.reasoning_tokens * case when int_bundle_ratios.is_reasoning_gone then 0.0 else int_bundle_ratios.gamma end
            ) / int_workloads.output_tokens
        end) as output_ratio
    from int_bundles
    inner join int_pool_terms on int_pool_terms.provider = int_bundles.to_provider and int_pool_terms.model_id = int_bundles.to_model_id
    inner join int_workloads on int_workloads.workload_id = int_bundles.workload_id
    inner join int_bundle_ratios on int_bundle_ratios.recommendation_id = int_bundles.recommendation_id
    where int_bundles.adaptation in ('self_host')
    group by int_bundles.workload_id, int_pool_terms.pool_id, int_bundle_ratios.from_model_id
    union all
    -- What the pool's model serves today needs no estimate.
    select int_pool_served.workload_id, int_pool_served.pool_id, int_pool_terms.model_id, 1.0, 1.0
    from int_pool_served
    inner join int_pool_terms on int_pool_terms.pool_id = int_pool_served.pool_id
)

select
    ratios.pool_id,
    ratios.workload_id,
    workload_hours.event_date,
    workload_hours.hour,
    -- Whole microseconds add up alike in every order.
    sum(cast(round(1000000.0 * (
        workload_hours.input_tokens * ratios.input_ratio / int_pool_terms.prefill_tokens_per_second
        + workload_hours.output_tokens * ratios.output_ratio / int_pool_terms.decode_tokens_per_second
    )) as bigint)) as gpu_microseconds,
    sum(workload_hours.output_tokens) as output_tokens
from workload_hours
cross join settings
inner join ratios on ratios.workload_id = workload_hours.workload_id and ratios.from_model_id = workload_hours.billed_model_id
inner join int_pool_terms on int_pool_terms.pool_id = ratios.pool_id
where workload_hours.event_date >= settings.window_from and workload_hours.event_date < settings.run_date
group by ratios.pool_id, ratios.workload_id, workload_hours.event_date, workload_hours.hour
