-- One row per day, provider, account, model, tier, region and token kind in the bill's words: what the logs count.
--
-- grain:  event_date, provider, sub_account_id, model_id, service_tier, region_class, token_kind
-- method: M 1.2, 2.6 (tokens first, then money)
with logged as (
    select
        workload_cube.event_date,
        workload_cube.provider,
        scopes.sub_account_id,
        workload_cube.billed_model_id as model_id,
        workload_cube.service_tier,
        workload_cube.region_class,
        sum(workload_cube.usage_input_uncached_tokens) as input,
        sum(workload_cube.usage_cache_read_tokens) as cache_read,
        sum(workload_cube.usage_cache_write_5m_tokens) as cache_write_5m,
        sum(workload_cube.usage_cache_write_1h_tokens) as cache_write_1h,
        sum(workload_cube.usage_output_visible_tokens) as output,
        sum(workload_cube.usage_output_reasoning_tokens) as reasoning,
        -- audio and images have prices of their own; bills do not name their kinds alike
        sum(workload_cube.usage_input_audio_tokens + workload_cube.usage_input_image_tokens
            + workload_cube.usage_output_audio_tokens + workload_cube.usage_output_image_tokens) as other
    from workload_cube
    cross join settings
    left join int_bill_scopes as scopes
        on scopes.provider = workload_cube.provider and scopes.sub_account_id = workload_cube.sub_account_id
    where workload_cube.event_date >= settings.report_from and workload_cube.event_date < settings.run_date
    group by
        workload_cube.event_date, workload_cube.provider, scopes.sub_account_id, workload_cube.billed_model_id,
        workload_cube.service_tier, workload_cube.region_class
)

select
    logged.event_date,
    logged.provider,
    logged.sub_account_id,
    logged.model_id,
    logged.service_tier,
    logged.region_class,
    kinds.token_kind,
    case kinds.token_kind
        when 'input' then logged.input
        when 'cache_read' then logged.cache_read
        when 'cache_write_5m' then logged.cache_write_5m
        when 'cache_write_1h' then logged.cache_write_1h
        when 'output' then logged.output
        when 'reasoning' then logged.reasoning
        else logged.other
    end as tokens
from logged
cross join (
    values ('input'), ('cache_read'), ('cache_write_5m'), ('cache_write_1h'), ('output'), ('reasoning'), ('other')
) as kinds (token_kind)
