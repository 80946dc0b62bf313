-- One row per bundle and model in use: the token ratios of the two models, and what the bundle itself does to them.
--
-- grain:  recommendation_id, from_provider, from_model_id
-- method: M 3.1, 3.6 (less effort shortens the reasoning)
with pairs as (
    select distinct
        int_bundles.recommendation_id,
        int_bundles.to_provider,
        int_bundles.to_model_id,
        int_bundles.reasoning_effort is not null as is_less_effort,
        int_bundles.static_kept_ratio is not null as is_trimmed,
        int_cells.provider as from_provider,
        int_cells.billed_model_id as from_model_id
    from int_bundles
    inner join int_cells on int_cells.workload_id = int_bundles.workload_id
    where int_cells.billed_model_id is not null
)

select
    pairs.recommendation_id,
    pairs.from_provider,
    pairs.from_model_id,
    ratios.is_reasoning_new,
    ratios.is_reasoning_gone,
    ratios.tau_low,
    ratios.tau,
    ratios.tau_high,
    ratios.nu_low,
    ratios.nu,
    ratios.nu_high,
    case when pairs.is_less_effort then gamma_effort.low else ratios.gamma_low end as gamma_low,
    case when pairs.is_less_effort then gamma_effort.expected else ratios.gamma end as gamma,
    case when pairs.is_less_effort then gamma_effort.high else ratios.gamma_high end as gamma_high,
    ratios.gamma0_low,
    ratios.gamma0,
    ratios.gamma0_high,
    -- Width of the kept share of the static tokens; its expected value is the bundle's own.
    case when pairs.is_trimmed then psi.high / psi.low else 1.0 end as psi_width,
    ratios.tau_source
from pairs
inner join int_model_ratios as ratios
    on ratios.from_provider = pairs.from_provider and ratios.from_model_id = pairs.from_model_id
    and ratios.to_provider = pairs.to_provider and ratios.to_model_id = pairs.to_model_id
inner join int_parameters as gamma_effort on gamma_effort.name = 'gamma_effort' and gamma_effort.scope = 'all'
inner join int_parameters as psi on psi.name = 'psi' and psi.scope = 'all'
