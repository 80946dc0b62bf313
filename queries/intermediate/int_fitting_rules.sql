-- One row per workload and candidate that cannot take all of its calls: the rule of at most two facts that tells which it can.
--
-- grain:  workload_id, provider, model_id
-- by_workload: yes
-- method: M 4.2, 4.3, EX-4.1 (X = floor((context - reserved) / tau high), rounded down to a stratum's edge)
with ratios as (
    -- The high ends over all models that the workload uses: a wrong fit is an outage.
    select
        int_candidates.workload_id,
        int_candidates.provider,
        int_candidates.model_id,
        max(by_pair.tau_high) as tau_high,
        max(by_pair.visible_high) as visible_high,
        max(by_pair.reasoning_high) as reasoning_high
    from int_candidates
    inner join (select distinct workload_id, provider, billed_model_id from int_cells) as used
        on used.workload_id = int_candidates.workload_id
    inner join int_model_ratios as by_pair
        on by_pair.from_provider = used.provider and by_pair.from_model_id = used.billed_model_id
        and by_pair.to_provider = int_candidates.provider and by_pair.to_model_id = int_candidates.model_id
    group by int_candidates.workload_id, int_candidates.provider, int_candidates.model_id
),

sizes as (
    select
        ratios.*,
        inputs.p999 as input_p999,
        floor((models.context_window_tokens - least(
            coalesce(int_workloads.max_requested_tokens, ceil(outputs.p999 * ratios.tau_high * case
                when int_workloads.output_tokens = 0 then 1.0
                else (
                    (int_workloads.output_tokens - int_workloads.reasoning_tokens) * ratios.visible_high
                    + int_workloads.reasoning_tokens * ratios.reasoning_high
                ) / int_workloads.output_tokens
            end)),
            models.max_output_tokens
        )) / ratios.tau_high) as fitting_tokens,
        int_workloads.tools_requests > 0 and models.has_tools is not true as is_tools,
        int_workloads.schema_requests > 0 and models.has_structured_output is not true as is_schema,
        int_workloads.image_requests > 0 and not coalesce(models.input_modalities like '%image%', false) as is_image,
        int_workloads.audio_requests > 0 and not coalesce(models.input_modalities like '%audio%', false) as is_audio,
        greatest(
            case when models.has_tools is not true then int_workloads.tools_requests else 0 end,
            case when models.has_structured_output is not true then int_workloads.schema_requests else 0 end
        ) < int_workloads.requests as is_any_left
    from ratios
    inner join int_workloads on int_workloads.workload_id = ratios.workload_id
    inner join models on models.provider = ratios.provider and models.model_id = ratios.model_id
    left join int_workload_quantiles as inputs on inputs.workload_id = ratios.workload_id and inputs.dimension = 'input'
    left join int_workload_quantiles as outputs on outputs.workload_id = ratios.workload_id and outputs.dimension = 'output'
),

failing as (
    select *, coalesce(input_p999 > fitting_tokens, false) as is_long
    from sizes
    where is_any_left and (is_tools or is_schema or is_image or is_audio or coalesce(input_p999 > fitting_tokens, false))
),

edges as (
    select distinct stratum from size_buckets
),

cut as (
    select failing.workload_id, failing.provider, failing.model_id, max(edges.stratum) as edge
    from failing
    inner join edges on edges.stratum <= failing.fitting_tokens
    where failing.is_long
    group by failing.workload_id, failing.provider, failing.model_id
)

select
    failing.workload_id,
    failing.provider,
    failing.model_id,
    concat_ws(
        ' AND ',
        case when failing.is_long then concat('input_tokens <= ', cast(cut.edge as varchar)) end,
        case when failing.is_tools then 'tools = false' end,
        case when failing.is_image then 'image = false' end,
        case when failing.is_audio then 'audio = false' end,
        case when failing.is_schema then 'schema = false' end
    ) || ' -> B ELSE A' as split_rule
from failing
left join cut
    on cut.workload_id = failing.workload_id and cut.provider = failing.provider and cut.model_id = failing.model_id
where (not failing.is_long or cut.edge > 0)
    and case when failing.is_long then 1 else 0 end + case when failing.is_tools then 1 else 0 end
    + case when failing.is_schema then 1 else 0 end + case when failing.is_image then 1 else 0 end
    + case when failing.is_audio then 1 else 0 end <= 2
