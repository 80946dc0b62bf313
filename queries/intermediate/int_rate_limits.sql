-- One row per workload and model with a quota: the busiest minute of the workload, and of all that the model serves already.
--
-- grain:  workload_id, provider, model_id
-- method: M 4.1 (RATE_LIMIT: peak tokens a minute within quota)
with hours as (
    select
        workload_hours.event_date, workload_hours.hour, workload_hours.workload_id, workload_hours.billed_model_id,
        workload_hours.busiest_minute_tokens
    from workload_hours
    cross join settings
    -- Where no quota is stated nothing is read.
    cross join (select distinct true as has_quotas from quotas) as stated
    where workload_hours.event_date >= settings.window_from and workload_hours.event_date < settings.run_date
),

own as (
    select workload_id, max(tokens) as own_minute_tokens
    from (
        select workload_id, event_date, hour, sum(busiest_minute_tokens) as tokens
        from hours
        group by workload_id, event_date, hour
    ) as by_hour
    group by workload_id
),

-- The busiest minutes of one hour are taken as one: they add up to more than any minute had, never to less. So does a model of one
-- name that two providers serve, and a workload that is there already.
served as (
    select billed_model_id, max(tokens) as served_minute_tokens
    from (
        select billed_model_id, event_date, hour, sum(busiest_minute_tokens) as tokens
        from hours
        group by billed_model_id, event_date, hour
    ) as by_hour
    group by billed_model_id
)

select
    own.workload_id,
    quotas.provider,
    quotas.model_id,
    quotas.tokens_per_minute,
    own.own_minute_tokens,
    coalesce(served.served_minute_tokens, 0) as served_minute_tokens
from own
cross join quotas
left join served on served.billed_model_id = quotas.model_id
