-- One row per bundle: how far its figures can be trusted, which is not how risky the change is.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 5.12, 2.7 (an unreconciled bill is Low), 6.7 (fewer than four weeks of volume are Low)
with bills as (
    -- The worst account of the model in use speaks for it.
    select
        provider,
        model_id,
        bool_or(status in ('UNRECONCILED')) as is_unreconciled,
        bool_and(status in ('RECONCILED')) as is_reconciled
    from int_reconciled
    group by provider, model_id
),

widths as (
    select
        costed.recommendation_id,
        costed.npv_usd,
        costed.npv_p10_usd,
        priced.assumed_share * (power(costed.ratio_loss_usd, 2) + power(costed.ratio_gain_usd, 2))
        / nullif(power(costed.net_usd - costed.net_p10_usd, 2) + power(costed.net_p90_usd - costed.net_usd, 2), 0.0) as assumed_share
    from int_bundles_costed as costed
    inner join int_bundles_priced as priced on priced.recommendation_id = costed.recommendation_id
)

select
    int_bundles.recommendation_id,
    case
        when int_bundles.needs_verdict and coalesce(proven.evidence_grade in ('D', 'E', 'F'), true) then 'Low'
        -- Throughput that nobody measured is planning only (M 6.8).
        when int_bundles.adaptation in ('self_host') and not coalesce(pools.is_measured, false) then 'Low'
        -- And so is a price that nobody lists (M 4.1).
        when array_has(gated.reason_codes, 'PLANNING_PRICE') then 'Low'
        when coalesce(bills.is_unreconciled, false) or volume.blocks < 4 then 'Low'
        when widths.npv_p10_usd < 0 and widths.npv_usd > 0 then 'Low'
        when (not int_bundles.needs_verdict or proven.evidence_grade in ('A', 'B')) and bills.is_reconciled
            and widths.npv_p10_usd > 0 and coalesce(widths.assumed_share, 0.0) <= 0.5 then 'High'
        else 'Medium'
    end as confidence
from int_bundles
inner join int_workloads on int_workloads.workload_id = int_bundles.workload_id
inner join int_workload_volume as volume on volume.workload_id = int_bundles.workload_id
inner join int_bundles_gated as gated on gated.recommendation_id = int_bundles.recommendation_id
inner join int_bundles_proven as proven on proven.recommendation_id = int_bundles.recommendation_id
left join bills on bills.provider = int_workloads.main_provider and bills.model_id = int_workloads.main_model_id
left join int_pool_terms as pools on pools.provider = int_bundles.to_provider and pools.model_id = int_bundles.to_model_id
left join widths on widths.recommendation_id = int_bundles.recommendation_id
