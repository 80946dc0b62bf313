-- One row per thing about prices that somebody should know: rows not looked at for long, changes to come, models that end, usage without a price.
--
-- grain:  finding, provider, model_id, subject, due_on
-- method: M 2.4, 2.5
with in_use as (
    select
        provider,
        billed_model_id as model_id,
        sum(requests) as requests,
        cast(sum(cost_usd) as decimal(38, 12)) as usd
    from int_cells
    group by provider, billed_model_id
),

users as (
    select provider, billed_model_id as model_id, string_agg(workload_id, ', ' order by workload_id) as workloads
    from (select distinct provider, billed_model_id, workload_id from int_cells) as pairs
    group by provider, billed_model_id
),

checked as (
    select provider, model_id, min(checked_on) as checked_on
    from model_prices
    cross join settings
    where valid_from <= settings.run_date and (valid_to is null or settings.run_date < valid_to)
    group by provider, model_id
)

select 'stale' as finding, in_use.provider, in_use.model_id, 'not checked for 90 days' as subject, checked.checked_on as due_on,
    in_use.requests, cast(null as bigint) as tokens, in_use.usd as window_usd, cast(null as decimal(38, 12)) as change_usd, users.workloads
from in_use
cross join settings
inner join checked on checked.provider = in_use.provider and checked.model_id = in_use.model_id
left join users on users.provider = in_use.provider and users.model_id = in_use.model_id
where checked.checked_on < cast(settings.run_date - interval '90 days' as date)
union all
select 'scheduled', in_use.provider, in_use.model_id, 'its price changes', scheduled.changes_on, in_use.requests, cast(null as bigint), scheduled.before_usd,
    cast(scheduled.after_usd - scheduled.before_usd as decimal(38, 12)), users.workloads
from int_scheduled_costs as scheduled
inner join in_use on in_use.provider = scheduled.provider and in_use.model_id = scheduled.model_id
left join users on users.provider = in_use.provider and users.model_id = in_use.model_id
union all
select 'retires', in_use.provider, in_use.model_id, case when coalesce(models.replaced_by, '') = '' then 'no replacement is named' else concat('replaced by ', models.replaced_by) end,
    models.retires_on, in_use.requests, cast(null as bigint), in_use.usd, cast(null as decimal(38, 12)), users.workloads
from in_use
cross join settings
inner join models on models.provider = in_use.provider and models.model_id = in_use.model_id
left join users on users.provider = in_use.provider and users.model_id = in_use.model_id
where models.retires_on < cast(settings.run_date + interval '12 months' as date)
union all
select 'unpriced', spend_by_model.provider, spend_by_model.billed_model_id,
    concat(spend_by_model.service_tier, ' ', spend_by_model.region_class, ': ', min(spend_by_model.price_status)), cast(null as date),
    sum(spend_by_model.unknown_model_requests + spend_by_model.unpriced_requests),
    sum(spend_by_model.input_tokens + spend_by_model.output_tokens), cast(null as decimal(38, 12)), cast(null as decimal(38, 12)),
    max(users.workloads)
from spend_by_model
cross join settings
left join users on users.provider = spend_by_model.provider and users.model_id = spend_by_model.billed_model_id
where spend_by_model.event_date >= settings.window_from
    and spend_by_model.unknown_model_requests + spend_by_model.unpriced_requests > 0
group by spend_by_model.provider, spend_by_model.billed_model_id, spend_by_model.service_tier, spend_by_model.region_class
