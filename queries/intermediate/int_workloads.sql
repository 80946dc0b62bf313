-- One row per workload of the decision window: what it used, what it demands, which model it pays for most.
--
-- grain:  workload_id
-- method: M 1.3, 1.5, 4.1 (a gate is tested only when the workload demands the fact)
with windowed as (
    select workload_cube.*
    from workload_cube
    cross join settings
    where workload_cube.event_date >= settings.window_from and workload_cube.event_date < settings.run_date
),

history as (
    select
        workload_cube.workload_id,
        min(workload_cube.event_date) as first_event_date,
        max(workload_cube.event_date) as last_event_date,
        sum(case
            when workload_cube.event_date >= settings.previous_window_from and workload_cube.event_date < settings.window_from
                then workload_cube.logical_requests
            else 0
        end) as previous_logical_requests
    from workload_cube
    cross join settings
    where workload_cube.event_date < settings.run_date
    group by workload_cube.workload_id
),

by_model as (
    select
        workload_id,
        provider,
        billed_model_id,
        -- The model that costs most, then the one that is called most, then by name.
        row_number() over (
            partition by workload_id order by sum(cost_usd) desc, sum(requests) desc, provider, billed_model_id
        ) as place
    from windowed
    where billed_model_id is not null
    group by workload_id, provider, billed_model_id
),

totals as (
    select
        workload_id,
        min(workload_source) as workload_source,
        sum(requests) as requests,
        sum(logical_requests) as logical_requests,
        sum(errors) as errors,
        sum(gateway_cache_hits) as gateway_cache_hits,
        sum(unknown_model_requests) as unknown_model_requests,
        sum(unpriced_requests) as unpriced_requests,
        sum(no_usage_requests) as no_usage_requests,
        sum(usage_input_uncached_tokens + usage_cache_read_tokens + usage_cache_write_5m_tokens
            + usage_cache_write_1h_tokens + usage_input_audio_tokens + usage_input_image_tokens) as input_tokens,
        sum(usage_cache_read_tokens) as cache_read_tokens,
        sum(usage_output_visible_tokens + usage_output_reasoning_tokens + usage_output_audio_tokens
            + usage_output_image_tokens) as output_tokens,
        sum(usage_output_reasoning_tokens) as reasoning_tokens,
        cast(sum(cost_usd) as decimal(38, 12)) as cost_usd,
        max(max_input_tokens) as max_input_tokens,
        max(max_output_tokens) as max_output_tokens,
        max(max_requested_tokens) as max_requested_tokens,
        sum(case when has_tools then requests else 0 end) as tools_requests,
        sum(server_tool_requests) as server_tool_requests,
        sum(case when has_image then requests else 0 end) as image_requests,
        sum(case when has_audio then requests else 0 end) as audio_requests,
        sum(case when has_schema then requests else 0 end) as schema_requests,
        cast(sum(case when has_tools then cost_usd else 0 end) as decimal(38, 12)) as tools_cost_usd,
        cast(sum(case when has_image then cost_usd else 0 end) as decimal(38, 12)) as image_cost_usd,
        cast(sum(case when has_audio then cost_usd else 0 end) as decimal(38, 12)) as audio_cost_usd,
        cast(sum(case when has_schema then cost_usd else 0 end) as decimal(38, 12)) as schema_cost_usd,
        count(distinct event_date) as active_days
    from windowed
    group by workload_id
)

select
    totals.*,
    by_model.provider as main_provider,
    by_model.billed_model_id as main_model_id,
    history.first_event_date,
    history.last_event_date,
    history.previous_logical_requests,
    workload_facts.owner,
    coalesce(workload_facts.criticality, 'medium') as criticality,
    coalesce(workload_facts.has_own_candidates, false) as has_own_candidates,
    workload_facts.residency,
    workload_facts.retention,
    workload_facts.languages,
    workload_facts.latency_ms_p95 as demanded_latency_ms_p95,
    workload_facts.licence,
    coalesce(workload_facts.is_batch_ok, false) as is_batch_ok
from totals
inner join history on history.workload_id = totals.workload_id
left join by_model on by_model.workload_id = totals.workload_id and by_model.place = 1
left join workload_facts on workload_facts.workload_id = totals.workload_id
