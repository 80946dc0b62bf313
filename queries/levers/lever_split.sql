-- One row per workload, candidate and rule of at most two facts: move the calls that the rule tells apart.
--
-- grain:        workload_id, to_provider, to_model_id, split_rule
-- title:        Move the calls that fit, by a rule that a gateway can run
-- why_it_costs: a few long, special or difficult calls keep the others on a dear model
-- assumes:      the rule's facts are known before the call; sizes are counted with the tokenizer of the model in use
-- wrong_when:   the calls that fit are not like those that were evaluated: evidence has to come from calls under the rule
-- method:       M 4.2, 4.3 (from the gates and from strata of quality), 4.5
with rules as (
    select workload_id, provider, model_id, split_rule, 'a part of the calls does not fit the candidate, and a rule tells which' as reason
    from int_fitting_rules
    union all
    select quality.workload_id, quality.provider, quality.model_id, quality.split_rule,
        'the candidate may be good enough for the calls that a rule tells apart'
    from int_quality_rules as quality
    left join int_fitting_rules as fitting
        on fitting.workload_id = quality.workload_id and fitting.provider = quality.provider
        and fitting.model_id = quality.model_id and fitting.split_rule = quality.split_rule
    where fitting.workload_id is null
)

select
    rules.workload_id,
    'lever_split' as lever,
    rules.provider as to_provider,
    rules.model_id as to_model_id,
    cast(null as varchar) as to_service_tier,
    cast(null as varchar) as cache_mode,
    cast(null as double) as static_kept_ratio,
    cast(null as varchar) as reasoning_effort,
    'none' as adaptation,
    rules.split_rule,
    case when rules.provider = int_workloads.main_provider then 'config' else 'other_vendor' end as one_off_class,
    cast(null as decimal(38, 12)) as fixed_usd_per_month,
    rules.reason
from rules
inner join int_workloads on int_workloads.workload_id = rules.workload_id
inner join int_candidates as allowed
    on allowed.workload_id = rules.workload_id and allowed.provider = rules.provider and allowed.model_id = rules.model_id
