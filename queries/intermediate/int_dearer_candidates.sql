-- One row per workload and candidate that lists above the model in use and of which something is known on the workload.
--
-- grain:  workload_id, provider, model_id
-- by_workload: yes
-- method: M 7.2 (MOVE_UP: the model in use fails by 5.4 or 5.8; without an evaluation or calls nobody could tell)
with listed as (
    select prices.provider, prices.model_id, min(prices.usd_input) as usd_input, min(prices.usd_output) as usd_output
    from int_prices_by_day as prices
    cross join settings
    where prices.priced_on = settings.run_date and prices.service_tier = 'standard' and prices.above_prompt_tokens = 0
    group by prices.provider, prices.model_id
),

tried as (
    select distinct workload_id, model_id
    from (
        select workload_id, model_id from int_evidence_runs
        union all
        select workload_id, model_id from int_workload_proxies
    ) as known
)

select allowed.workload_id, allowed.provider, allowed.model_id
from int_candidates as allowed
inner join int_workloads on int_workloads.workload_id = allowed.workload_id
inner join tried on tried.workload_id = allowed.workload_id and tried.model_id = allowed.model_id
inner join listed as in_use on in_use.provider = int_workloads.main_provider and in_use.model_id = int_workloads.main_model_id
inner join listed as offered on offered.provider = allowed.provider and offered.model_id = allowed.model_id
where offered.usd_input >= in_use.usd_input
    and offered.usd_output >= in_use.usd_output
    and offered.usd_input + offered.usd_output > in_use.usd_input + in_use.usd_output
