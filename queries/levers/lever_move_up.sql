-- One row per workload and dearer candidate that was evaluated on it or serves part of it: move everything there.
--
-- grain:        workload_id, to_provider, to_model_id
-- title:        Move up to a larger model
-- why_it_costs: the model in use fails: wrong answers, retries and errors cost more than its price saves
-- assumes:      token counts scale by the pair's ratios (M 3.1)
-- wrong_when:   the evaluation set differs from the traffic, or the calls that the larger model serves are the easier ones
-- method:       M 5.4, M 5.8, M 7.2
select
    allowed.workload_id,
    'lever_move_up' as lever,
    allowed.provider as to_provider,
    allowed.model_id as to_model_id,
    cast(null as varchar) as to_service_tier,
    cast(null as varchar) as cache_mode,
    cast(null as double) as static_kept_ratio,
    cast(null as varchar) as reasoning_effort,
    'none' as adaptation,
    cast(null as varchar) as split_rule,
    case when allowed.provider = int_workloads.main_provider then 'config' else 'other_vendor' end as one_off_class,
    cast(null as decimal(38, 12)) as fixed_usd_per_month,
    'dearer than the one in use, and evaluated or serving part of the calls' as reason
from int_dearer_candidates as allowed
inner join int_workloads on int_workloads.workload_id = allowed.workload_id
