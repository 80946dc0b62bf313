-- One row per bundle: where its token ratios come from; of several models in use the weakest source counts.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 3.1 (measured > configured > default; the source is stored per parameter)
with ranked as (
    select
        ratios.recommendation_id,
        case tau_source when 'exact' then 0 when 'measured' then 1 when 'config' then 2 when 'published' then 3 else 4 end as tau,
        case nu_source when 'exact' then 0 when 'measured' then 1 when 'config' then 2 when 'published' then 3 else 4 end as nu,
        case gamma_source when 'exact' then 0 when 'measured' then 1 when 'config' then 2 when 'published' then 3 else 4 end as gamma
    from int_bundle_ratios as ratios
    inner join int_bundles on int_bundles.recommendation_id = ratios.recommendation_id
    -- What other models of the workload do stays as it is where the same model is set otherwise.
    where not int_bundles.is_same_model
        or (ratios.from_provider = int_bundles.to_provider and ratios.from_model_id = int_bundles.to_model_id)
),

weakest as (
    select recommendation_id, max(tau) as tau, max(nu) as nu, max(gamma) as gamma from ranked group by recommendation_id
)

select
    recommendation_id,
    greatest(tau, nu, gamma) <= 2 as are_known,
    case greatest(tau, nu, gamma) when 0 then 'exact' when 1 then 'measured' when 2 then 'config' when 3 then 'published' else 'assumption' end
        as projection_basis,
    case nu when 0 then 'exact' when 1 then 'measured' when 2 then 'config' when 3 then 'published' else 'assumption' end as nu_source,
    case gamma when 0 then 'exact' when 1 then 'measured' when 2 then 'config' when 3 then 'published' else 'assumption' end
        as gamma_source
from weakest
