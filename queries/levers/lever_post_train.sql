-- One row per workload and model that may be tuned for it: move everything to a tuned copy.
--
-- grain:        workload_id, to_provider, to_model_id
-- title:        Tune a smaller model
-- why_it_costs: a general model is paid for one task, and its instructions with every call
-- assumes:      the tuned copy has prices of its own, rows of tier tuned; it needs only the share psi of known instructions (M 3.1)
-- wrong_when:   the task changes faster than the model is tuned again, or the tuned copy is brittle outside of it (M 6.4)
-- method:       M 3.1 (psi), 4.1 (FT_PLATFORM), 6.2, 6.3, 6.4
select
    allowed.workload_id,
    'lever_post_train' as lever,
    allowed.provider as to_provider,
    allowed.model_id as to_model_id,
    'tuned' as to_service_tier,
    cast(null as varchar) as cache_mode,
    case when prompts.static_source in ('owner', 'cached_prefix') and prompts.static_tokens > 0 then psi.expected end as static_kept_ratio,
    cast(null as varchar) as reasoning_effort,
    'post_train' as adaptation,
    cast(null as varchar) as split_rule,
    'post_train' as one_off_class,
    cast(null as decimal(38, 12)) as fixed_usd_per_month,
    'the candidate can be tuned where it is served' as reason
from int_candidates as allowed
inner join models
    on models.provider = allowed.provider and models.model_id = allowed.model_id
    -- What nobody says can be tuned is no proposal; whether a tuned copy is served as well is the gate's question.
    and models.is_fine_tunable
inner join int_parameters as psi on psi.name = 'psi' and psi.scope = 'all'
left join int_workload_static as prompts on prompts.workload_id = allowed.workload_id
