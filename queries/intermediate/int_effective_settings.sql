-- One row per workload: the settings under which it was decided, as one JSON object.
--
-- grain:  workload_id
-- method: M 12 (what the run file states comes before the catalog, what it states for the workload before both)
select
    held.workload_id,
    concat(
        '{"window_days":', settings.window_days,
        ',"criticality":"', int_workloads.criticality,
        '","margin":', case int_workloads.criticality
            when 'low' then held.margin_low when 'high' then held.margin_high else held.margin_medium
        end,
        ',"alpha":', held.alpha,
        ',"items_min":', held.items_min,
        ',"evidence_days_max":', held.evidence_days_max,
        ',"appetite_points":', held.appetite_points,
        ',"horizon_months":', held.horizon_months,
        ',"lead_months":', held.lead_months,
        ',"discount_rate":', held.discount_rate,
        ',"engineer_usd_per_hour":', held.engineer_usd_per_hour,
        ',"expert_usd_per_hour":', held.expert_usd_per_hour,
        ',"rework_share":', held.rework_share,
        ',"rework_minutes":', held.rework_minutes,
        '}'
    ) as effective_settings
from int_workload_parameters as held
cross join settings
inner join int_workloads on int_workloads.workload_id = held.workload_id
