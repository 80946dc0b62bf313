-- One row per automatic router of a provider and model that its replies are billed as: the model's share of its traffic.
--
-- grain:  provider, router_id, model_id
-- method: M 1.1 (a router is a candidate like any other, priced by the model that is billed); a name that has no price of its own
--         and on one and the same day was billed as several models: a name that moved on to a newer model is none
with asked as (
    select
        workload_cube.event_date, workload_cube.provider, workload_cube.requested_model_id as router_id,
        workload_cube.billed_model_id as model_id,
        sum(workload_cube.requests) as requests,
        sum(workload_cube.usage_input_uncached_tokens + workload_cube.usage_cache_read_tokens + workload_cube.usage_cache_write_5m_tokens
            + workload_cube.usage_cache_write_1h_tokens) as input_tokens,
        sum(workload_cube.usage_output_visible_tokens + workload_cube.usage_output_reasoning_tokens) as output_tokens
    from workload_cube
    cross join settings
    left join (select distinct provider, model_id from model_prices) as priced
        on priced.provider = workload_cube.provider and priced.model_id = workload_cube.requested_model_id
    where workload_cube.event_date >= settings.window_from and workload_cube.event_date < settings.run_date
        and workload_cube.requested_model_id is not null and workload_cube.billed_model_id is not null
        and workload_cube.requested_model_id <> workload_cube.billed_model_id and priced.model_id is null
    group by workload_cube.event_date, workload_cube.provider, workload_cube.requested_model_id, workload_cube.billed_model_id
),

routed as (
    select *, count(*) over (partition by event_date, provider, router_id) as models_of_day from asked
),

sums as (
    select provider, router_id, model_id, sum(requests) as requests, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens
    from routed
    where models_of_day >= 2
    group by provider, router_id, model_id
),

shared as (
    select *, sum(requests) over (partition by provider, router_id) as all_requests from sums
),

-- A model with hardly any call is a slip of the log or a fallback.
kept as (
    select
        *,
        count(*) over (partition by provider, router_id) as models,
        sum(input_tokens) over (partition by provider, router_id) as all_input_tokens,
        sum(output_tokens) over (partition by provider, router_id) as all_output_tokens
    from shared
    where all_requests >= 200 and requests * 20 >= all_requests
)

select
    provider, router_id, model_id, requests,
    cast(cast(input_tokens as double) / nullif(all_input_tokens, 0) as decimal(18, 6)) as input_share,
    cast(cast(output_tokens as double) / nullif(all_output_tokens, 0) as decimal(18, 6)) as output_share
from kept
where models >= 2
