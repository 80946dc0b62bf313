-- One row per bundle that passes the gates and saves: whether another one of the workload saves as much at no more risk.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 7.6, EX-7.4
with judged as (
    select
        int_bundle_risks.recommendation_id,
        int_bundles.workload_id,
        int_bundle_risks.risk_points,
        cast(costed.net_usd as decimal(18, 2)) as net_usd
    from int_bundle_risks
    inner join int_bundles on int_bundles.recommendation_id = int_bundle_risks.recommendation_id
    inner join int_bundles_costed as costed on costed.recommendation_id = int_bundle_risks.recommendation_id
),

placed as (
    select
        *,
        -- Less risk first, then more saving, then by id: of equals the first one stays.
        row_number() over (partition by workload_id order by risk_points, net_usd desc, recommendation_id) as place
    from judged
),

compared as (
    select
        *,
        max(net_usd) over (partition by workload_id order by place rows between unbounded preceding and 1 preceding) as best_before_usd
    from placed
)

select recommendation_id, coalesce(best_before_usd >= net_usd, false) as is_dominated
from compared
