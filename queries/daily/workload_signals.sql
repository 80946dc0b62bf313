-- One row per day, workload and model: how calls ended.
--
-- grain:  event_date, workload_id, billed_model_id
-- method: M 5.8 (production proxies)
select
    workload_id,
    billed_model_id,
    count(*) as requests,
    count(*) filter (where x_status = 'error') as errors,
    count(*) filter (where x_attempt > 1) as retries,
    count(*) filter (where finish_reason = 'length') as truncated,
    count(*) filter (where finish_reason in ('refusal', 'content_filter')) as refused,
    cast(null as bigint) as schema_failures,
    cast(null as bigint) as regenerations,
    cast(null as bigint) as feedback_negative,
    -- Calls of two environments have none in common.
    case when min(environment) = max(environment) then min(environment) end as environment,
    event_date
from requests_priced
group by event_date, workload_id, billed_model_id
