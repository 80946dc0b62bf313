-- One row per day, hour, workload and model, with the busiest minute: what rate limits and pools are sized by.
--
-- grain:  event_date, hour, workload_id, billed_model_id
-- method: M 4.1 (RATE_LIMIT), 6.8 (peak of the busiest hour)
with minutes as (
    select
        event_date,
        workload_id,
        billed_model_id,
        date_trunc('minute', coalesce(ended_at, started_at)) as minute,
        count(*) as requests,
        sum(coalesce(input_tokens, 0)) as input_tokens,
        sum(coalesce(output_tokens, 0)) as output_tokens
    from requests_priced
    group by event_date, workload_id, billed_model_id, date_trunc('minute', coalesce(ended_at, started_at))
)

select
    cast(date_part('hour', minute) as bigint) as hour,
    workload_id,
    billed_model_id,
    sum(requests) as requests,
    sum(input_tokens) as input_tokens,
    sum(output_tokens) as output_tokens,
    max(input_tokens + output_tokens) as busiest_minute_tokens,
    event_date
from minutes
group by event_date, cast(date_part('hour', minute) as bigint), workload_id, billed_model_id
