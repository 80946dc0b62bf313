-- Workloads that are told to move although the move does not surely pay, or lies above the appetite for risk.
--
-- severity: error
-- because:  a move is recommended after every cost, at the low end of its value
select decisions.workload_id, decisions.action, decisions.npv_p10_usd, decisions.payback_months, decisions.risk_points
from decisions
inner join int_workload_parameters on int_workload_parameters.workload_id = decisions.workload_id
where decisions.action in ('MOVE', 'MOVE_SPLIT')
    and (
        coalesce(decisions.npv_p10_usd, 0) <= 0
        or decisions.payback_months is null
        or decisions.risk_points > int_workload_parameters.appetite_points
    )
