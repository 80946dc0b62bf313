-- One row per candidate of a workload whose owner states how often a cascade would fall back: ask it first, the model in use where it fails.
--
-- grain:        workload_id, to_provider, to_model_id
-- title:        Ask a smaller model first, and the model in use where it fails
-- why_it_costs: most requests are easy, and all of them pay for the hard ones
-- assumes:      the share epsilon of calls falls back and pays both models; each answer is checked for verifier_usd (M 3.4)
-- wrong_when:   the check lets wrong answers pass, or the share was measured on easier calls
-- method:       M 3.4, EX-3.5
select
    allowed.workload_id,
    'lever_cascade' as lever,
    allowed.provider as to_provider,
    allowed.model_id as to_model_id,
    cast(null as varchar) as to_service_tier,
    cast(null as varchar) as cache_mode,
    cast(null as double) as static_kept_ratio,
    cast(null as varchar) as reasoning_effort,
    'cascade' as adaptation,
    cast(null as varchar) as split_rule,
    'other_vendor' as one_off_class,
    cast(null as decimal(38, 12)) as fixed_usd_per_month,
    'the owner measured how often a cascade falls back' as reason
from int_candidates as allowed
inner join int_workload_parameters as held on held.workload_id = allowed.workload_id
where held.epsilon > 0
