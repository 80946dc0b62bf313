-- One row per day, workload and prompt template: how often a prefix came again soon enough to be cached.
--
-- grain:  event_date, workload_id, template_id
-- method: M 3.6 (hit share by the gap to the call before; the first call of a day counts as a miss)
with calls as (
    select
        event_date,
        workload_id,
        template_id,
        -- The gap to the call before of the same template, inside the day.
        date_part('epoch', coalesce(started_at, ended_at)) - lag(date_part('epoch', coalesce(ended_at, started_at))) over (
            partition by event_date, workload_id, template_id order by coalesce(started_at, ended_at), x_record_id
        ) as gap_seconds
    from requests_priced
    where template_id is not null
)

select
    workload_id,
    template_id,
    count(*) as requests,
    count(*) filter (where gap_seconds <= 300) as hits_5m,
    count(*) filter (where gap_seconds <= 3600) as hits_1h,
    event_date
from calls
group by event_date, workload_id, template_id
