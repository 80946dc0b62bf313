-- One row per workload and catalogued model that it does not mainly use: move everything there, change nothing else.
--
-- grain:        workload_id, to_provider, to_model_id
-- title:        Move to a smaller model
-- why_it_costs: the workload pays for ability that its requests do not use
-- assumes:      token counts scale by the pair's ratios (M 3.1); a discount on the old model does not carry over (M 2.6)
-- wrong_when:   the evaluation set differs from the traffic, or the target retires within the horizon
-- method:       M 3, M 4
select
    allowed.workload_id,
    'lever_smaller_model' as lever,
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
    'catalogued text model other than the one in use' as reason
from int_candidates as allowed
inner join int_workloads on int_workloads.workload_id = allowed.workload_id
-- Those are the lever that moves up.
left join int_dearer_candidates as dearer
    on dearer.workload_id = allowed.workload_id and dearer.provider = allowed.provider and dearer.model_id = allowed.model_id
where dearer.workload_id is null
