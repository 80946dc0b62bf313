-- One row per workload: what it spent, used and demands in the decision window.
--
-- grain:  workload_id
-- method: M 0.3, 1.3, 1.5, 3.1, 4.4, 7.4, 7.5, 7.8
select
    int_workloads.workload_id,
    int_workloads.workload_source,
    int_workloads.owner,
    int_workloads.criticality,
    int_workloads.main_provider,
    int_workloads.main_model_id,
    int_workloads.requests,
    int_workloads.logical_requests,
    int_workloads.errors,
    int_workloads.gateway_cache_hits,
    int_workloads.unknown_model_requests,
    int_workloads.unpriced_requests,
    int_workloads.no_usage_requests,
    int_workloads.input_tokens,
    int_workloads.cache_read_tokens,
    int_workloads.output_tokens,
    int_workloads.reasoning_tokens,
    -- Nothing known of any call is an unknown cost, not 0.
    case
        when int_workloads.unknown_model_requests + int_workloads.unpriced_requests + int_workloads.no_usage_requests
            < int_workloads.requests
            then int_workloads.cost_usd
    end as cost_usd,
    case
        when int_workloads.unknown_model_requests + int_workloads.unpriced_requests + int_workloads.no_usage_requests
            < int_workloads.requests
            then cast(cast(int_workloads.cost_usd as double) * settings.month_factor_numerator / settings.month_factor_denominator as decimal(18, 2))
    end as monthly_cost_usd,
    inputs.p50 as input_tokens_p50,
    inputs.p95 as input_tokens_p95,
    inputs.p99 as input_tokens_p99,
    inputs.p999 as input_tokens_p999,
    int_workloads.max_input_tokens as input_tokens_max,
    outputs.p50 as output_tokens_p50,
    outputs.p95 as output_tokens_p95,
    outputs.p99 as output_tokens_p99,
    outputs.p999 as output_tokens_p999,
    int_workloads.max_output_tokens as output_tokens_max,
    latency.p95 as latency_ms_p95,
    int_workloads.tools_requests,
    int_workloads.schema_requests,
    int_workloads.image_requests,
    int_workloads.audio_requests,
    int_workloads.active_days,
    int_workloads.previous_logical_requests,
    int_workloads.first_event_date,
    int_workloads.last_event_date,
    ranks.spend_rank,
    ranks.is_in_k80,
    ranks.is_frequent,
    ranks.is_dear,
    ranks.quadrant,
    readiness.readiness_points,
    prompts.static_tokens,
    prompts.static_source,
    repeated.repeated_spend_share
from int_workloads
cross join settings
inner join int_workload_ranks as ranks on ranks.workload_id = int_workloads.workload_id
inner join int_workload_readiness as readiness on readiness.workload_id = int_workloads.workload_id
left join int_workload_static as prompts on prompts.workload_id = int_workloads.workload_id
left join int_workload_repeated as repeated on repeated.workload_id = int_workloads.workload_id
left join int_workload_quantiles as inputs
    on inputs.workload_id = int_workloads.workload_id and inputs.dimension = 'input'
left join int_workload_quantiles as outputs
    on outputs.workload_id = int_workloads.workload_id and outputs.dimension = 'output'
left join int_workload_quantiles as latency
    on latency.workload_id = int_workloads.workload_id and latency.dimension = 'latency'
