-- One row per workload and discounted tier that its model in use offers: send the calls there, change nothing else.
--
-- grain:        workload_id, to_service_tier
-- title:        Send calls as a batch, or at the flex tier
-- why_it_costs: calls whose answers nobody waits for pay the price of an answer at once
-- assumes:      answers may come hours later, which only the owner knows (BATCH_OK), and nothing else of the answer changes
-- wrong_when:   a person or a program waits for the answer, or terms of retention do not hold for stored batches
-- method:       M 3.6
with offered as (
    select distinct model_prices.provider, model_prices.model_id, model_prices.service_tier
    from model_prices
    cross join settings
    where model_prices.service_tier in ('batch', 'flex')
        and model_prices.valid_from <= settings.run_date
        and (model_prices.valid_to is null or settings.run_date < model_prices.valid_to)
)

select
    int_workloads.workload_id,
    'lever_batch_or_flex' as lever,
    int_workloads.main_provider as to_provider,
    int_workloads.main_model_id as to_model_id,
    offered.service_tier as to_service_tier,
    cast(null as varchar) as cache_mode,
    cast(null as double) as static_kept_ratio,
    cast(null as varchar) as reasoning_effort,
    'batch' as adaptation,
    cast(null as varchar) as split_rule,
    'config' as one_off_class,
    cast(null as decimal(38, 12)) as fixed_usd_per_month,
    case
        when int_workloads.is_batch_ok then 'the owner says that answers may come later'
        else 'the tier is offered; whether answers may come later is the owner''s to say'
    end as reason
from int_workloads
inner join int_workload_static as prompts on prompts.workload_id = int_workloads.workload_id
inner join offered
    on offered.provider = int_workloads.main_provider and offered.model_id = int_workloads.main_model_id
where int_workloads.workload_source <> 'unattributed' and prompts.prompt_requests > 0
