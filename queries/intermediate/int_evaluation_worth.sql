-- One row per bundle that could move: what an evaluation of its quality is worth, before and after what it costs.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 5.10 (EVSI = m Phi(m / S~) + S~ phi(m / S~) - max(0, m); EVPI the same with S), 5.2 (what is not proven does not move)
-- EVSI compares with moving untested where that looks good. Nothing moves untested here: without an evaluation the workload stays,
-- so what evaluating gains is EVSI and the max(0, m) that staying gives away. Else the surer a move looks, the less it would be tested.
with worth as (
    select
        planned.recommendation_id,
        planned.workload_id,
        planned.evaluation_items,
        planned.unpaired_items,
        planned.evaluation_usd,
        planned.value_mean_usd,
        planned.value_sd_usd,
        planned.shown_sd_usd,
        greatest(coalesce(
            planned.value_mean_usd * shown.distribution + planned.shown_sd_usd * shown.density - greatest(planned.value_mean_usd, 0.0), 0.0
        ), 0.0) as evsi_usd,
        greatest(coalesce(
            planned.value_mean_usd * known.distribution + planned.value_sd_usd * known.density - greatest(planned.value_mean_usd, 0.0), 0.0
        ), 0.0) as evpi_usd
    from int_evaluation_values as planned
    left join int_normals as shown on shown.purpose in ('value_shown') and shown.recommendation_id = planned.recommendation_id
    left join int_normals as known on known.purpose in ('value_now') and known.recommendation_id = planned.recommendation_id
)

select
    *,
    evsi_usd - evaluation_usd as net_evsi_usd,
    evsi_usd + greatest(value_mean_usd, 0.0) - evaluation_usd as evaluation_gain_usd
from worth
