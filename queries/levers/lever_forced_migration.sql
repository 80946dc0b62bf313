-- One row per workload whose model ends within the horizon and has a successor by its provider: move there, because it must.
--
-- grain:        workload_id
-- title:        Follow the provider to the successor of a model that ends
-- why_it_costs: a model that is no longer served stops the workload
-- assumes:      the provider names the successor; whatever comes next is measured against it, so it saves nothing
-- wrong_when:   the provider names another successor, or moves the end
-- method:       M 7.2 (MIGRATE: the baseline is the provider's replacement)
select
    int_workloads.workload_id,
    'lever_forced_migration' as lever,
    models.provider as to_provider,
    models.replaced_by as to_model_id,
    cast(null as varchar) as to_service_tier,
    cast(null as varchar) as cache_mode,
    cast(null as double) as static_kept_ratio,
    cast(null as varchar) as reasoning_effort,
    'none' as adaptation,
    cast(null as varchar) as split_rule,
    'config' as one_off_class,
    cast(null as decimal(38, 12)) as fixed_usd_per_month,
    concat('the model in use ends on ', cast(models.retires_on as varchar)) as reason
from int_workloads
cross join int_limits
inner join models on models.provider = int_workloads.main_provider and models.model_id = int_workloads.main_model_id
left join workload_candidates as own
    on own.workload_id = int_workloads.workload_id and own.provider = models.provider and own.model_id = models.replaced_by
where int_workloads.workload_source <> 'unattributed'
    and models.retires_on < int_limits.horizon_ends
    and models.replaced_by is not null
    -- Owners who list their candidates have chosen what comes next.
    and (not int_workloads.has_own_candidates or own.workload_id is not null)
