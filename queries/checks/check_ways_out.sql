-- Workloads that are told to leave a model that ends for something that is no way out of it.
--
-- severity: error
-- because:  whoever has to go is told to go somewhere: a candidate that is there, takes all calls, and is not known to be worse
select decisions.workload_id, decisions.action, decisions.reason, decisions.to_provider, decisions.to_model_id, alternatives.binding_gate, alternatives.verdict
from decisions
left join alternatives on alternatives.recommendation_id = decisions.recommendation_id
left join models on models.provider = decisions.to_provider and models.model_id = decisions.to_model_id
where decisions.action in ('MIGRATE')
    and (
        decisions.reason in ('NO_SUCCESSOR') and decisions.recommendation_id is not null
        or decisions.reason not in ('NO_SUCCESSOR') and (
            alternatives.recommendation_id is null
            or alternatives.finding in ('blocked')
            or alternatives.split_rule is not null
            or alternatives.verdict in ('INFERIOR')
            or coalesce(models.retires_on <= decisions.from_retires_on, false)
            or (decisions.to_provider, decisions.to_model_id) is not distinct from (decisions.from_provider, decisions.from_model_id)
        )
    )
