-- Workloads that are told to use another model although it was not proven non-inferior.
--
-- severity: error
-- because:  a guess is never sold as a saving
select decisions.workload_id, decisions.action, alternatives.verdict
from decisions
left join alternatives on alternatives.recommendation_id = decisions.recommendation_id
where decisions.action in ('MOVE', 'MOVE_SPLIT') and coalesce(alternatives.verdict, 'NOT_TESTED') <> 'NON_INFERIOR'
