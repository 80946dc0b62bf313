-- One row per workload whose prompts open with known instructions: cut them to the part that is needed.
--
-- grain:        workload_id
-- title:        Shorten the instructions
-- why_it_costs: long instructions are paid with every call
-- assumes:      the share psi of the unchanging tokens is enough (M 3.1); what a cache already discounts is cut first (M 3.3)
-- wrong_when:   the instructions are needed: quality has to be shown as for any move
-- method:       M 3.3, EX-3.4
select
    int_workloads.workload_id,
    'lever_prompt_trim' as lever,
    int_workloads.main_provider as to_provider,
    int_workloads.main_model_id as to_model_id,
    cast(null as varchar) as to_service_tier,
    cast(null as varchar) as cache_mode,
    psi.expected as static_kept_ratio,
    cast(null as varchar) as reasoning_effort,
    'prompt_trim' as adaptation,
    cast(null as varchar) as split_rule,
    'config' as one_off_class,
    cast(null as decimal(38, 12)) as fixed_usd_per_month,
    case prompts.static_source
        when 'owner' then 'the owner says how long the unchanging start is'
        else 'a cache holds an unchanging start of the prompts'
    end as reason
from int_workloads
inner join int_workload_static as prompts on prompts.workload_id = int_workloads.workload_id
inner join int_parameters as psi on psi.name = 'psi' and psi.scope = 'all'
where int_workloads.workload_source <> 'unattributed'
    and int_workloads.main_model_id is not null
    -- The shortest prompt says what may repeat at most, not what does: nothing to cut is known.
    and prompts.static_source in ('owner', 'cached_prefix')
    and prompts.static_tokens > 0
    and psi.expected < 1
