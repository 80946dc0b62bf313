-- One row per bundle and model in use: its sums, with what a cascade sends back to the model in use and pays to check answers.
--
-- grain:  recommendation_id, from_provider, from_model_id
-- by_workload: yes
-- method: M 3.4 (cost = cost_B + v + epsilon * cost_A), EX-3.5
with shares as (
    select
        int_bundles.recommendation_id,
        case when int_bundles.adaptation in ('cascade') then held.epsilon else 0.0 end as epsilon,
        case when int_bundles.adaptation in ('cascade') then held.verifier_usd else 0.0 end as verifier_usd
    from int_bundles
    inner join int_workload_parameters as held on held.workload_id = int_bundles.workload_id
)

select
    sums.* exclude (staying_usd, staying_months_usd),
    cast(sums.staying_usd + cast((sums.source_usd - sums.staying_usd) * shares.epsilon as decimal(38, 12)) as decimal(38, 12)) as staying_usd,
    cast(sums.staying_months_usd + cast((sums.source_months_usd - sums.staying_months_usd) * shares.epsilon as decimal(38, 12)) as decimal(38, 12))
        as staying_months_usd,
    -- Whoever checks answers is paid by the answer, whatever the models' discounts are.
    sums.fitting_requests * shares.verifier_usd as verifier_usd
from int_bundle_sums as sums
inner join shares on shares.recommendation_id = sums.recommendation_id
