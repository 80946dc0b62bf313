-- One row per bundle and model in use: the token ratios, candidate over model in use, with their ranges.
--
-- grain:  recommendation_id, from_provider, from_model_id
-- method: M 3.1 (measured on the workload > on the pair > configured > default; tau is exact for one tokenizer), 12
with in_use as (
    select distinct workload_id, provider, billed_model_id as model_id from int_cells where billed_model_id is not null
),

-- What holds for two models, whoever calls them, is found once for the two and not for every bundle.
pairs as (
    select
        used.provider as from_provider, used.model_id as from_model_id, offered.to_provider, offered.to_model_id,
        used.provider = offered.to_provider and used.model_id = offered.to_model_id as is_same_model,
        coalesce(source.tokenizer_id = target.tokenizer_id, false) as is_same_tokenizer,
        source.tokenizer_id || '>' || target.tokenizer_id as tokenizer_pair,
        used.provider || '/' || used.model_id || '>' || offered.to_provider || '/' || offered.to_model_id as model_pair,
        -- A candidate that reasons where the model in use cannot; unknown is not "cannot" (M 3.1, gamma0).
        coalesce(source.has_reasoning = false and target.has_reasoning, false) as is_reasoning_new,
        coalesce(target.has_reasoning = false, false) as is_reasoning_gone,
        coalesce(source.is_open_weights = false and target.is_open_weights, false) as is_to_open_weights
    from (select distinct provider, model_id from in_use) as used
    cross join (select distinct to_provider, to_model_id from int_bundles) as offered
    left join models as source on source.provider = used.provider and source.model_id = used.model_id
    left join models as target on target.provider = offered.to_provider and target.model_id = offered.to_model_id
),

exact as (
    select 1.0 as low, 1.0 as expected, 1.0 as high
),

tokens as (
    select
        pairs.*,
        case when is_same_model or is_same_tokenizer then exact.low else coalesce(tau_pair.low, tau.low) end as tau_low,
        case when is_same_model or is_same_tokenizer then exact.expected else coalesce(tau_pair.expected, tau.expected) end as tau,
        case when is_same_model or is_same_tokenizer then exact.high else coalesce(tau_pair.high, tau.high) end as tau_high,
        case
            when is_same_model or is_same_tokenizer then 'exact'
            when tau_pair.class is not null then tau_pair.class
            else tau.class
        end as tau_source,
        fleet.visible_ratio, fleet.visible_sigma, fleet.reasoning_ratio, fleet.reasoning_sigma, fleet.appearing_ratio, fleet.appearing_sigma
    from pairs
    cross join exact
    inner join int_parameters as tau on tau.name = 'tau' and tau.scope = 'all'
    left join int_parameters as tau_pair
        on tau_pair.name = 'tau' and tau_pair.scope = 'pair' and tau_pair.key = pairs.tokenizer_pair
    left join int_measured_ratios as fleet
        on fleet.workload_id is null and fleet.from_provider = pairs.from_provider and fleet.from_model_id = pairs.from_model_id
        and fleet.to_provider = pairs.to_provider and fleet.to_model_id = pairs.to_model_id
),

-- What was measured is a ratio of tokens: divided by tau it is one of text. The workload's own comes before the pair's.
measured as (
    select
        int_bundles.recommendation_id,
        int_bundles.reasoning_effort is not null as is_less_effort,
        int_bundles.static_kept_ratio,
        tokens.from_provider, tokens.from_model_id, tokens.is_same_model, tokens.is_reasoning_new, tokens.is_reasoning_gone,
        tokens.is_to_open_weights, tokens.tau_low, tokens.tau, tokens.tau_high, tokens.tau_source,
        coalesce(own.visible_ratio, tokens.visible_ratio) / tokens.tau as nu_measured,
        case when own.visible_ratio is not null then own.visible_sigma else tokens.visible_sigma end as nu_sigma,
        coalesce(own.reasoning_ratio, tokens.reasoning_ratio) / tokens.tau as gamma_measured,
        case when own.reasoning_ratio is not null then own.reasoning_sigma else tokens.reasoning_sigma end as gamma_sigma,
        coalesce(own.appearing_ratio, tokens.appearing_ratio) / tokens.tau as gamma0_measured,
        case when own.appearing_ratio is not null then own.appearing_sigma else tokens.appearing_sigma end as gamma0_sigma,
        coalesce(of_w.nu_low, of_p.nu_low) as nu_low, coalesce(of_w.nu, of_p.nu) as nu, coalesce(of_w.nu_high, of_p.nu_high) as nu_high,
        coalesce(of_w.gamma_low, of_p.gamma_low) as gamma_low, coalesce(of_w.gamma, of_p.gamma) as gamma,
        coalesce(of_w.gamma_high, of_p.gamma_high) as gamma_high, coalesce(of_w.gamma0_low, of_p.gamma0_low) as gamma0_low,
        coalesce(of_w.gamma0, of_p.gamma0) as gamma0, coalesce(of_w.gamma0_high, of_p.gamma0_high) as gamma0_high
    from int_bundles
    inner join in_use on in_use.workload_id = int_bundles.workload_id
    inner join tokens
        on tokens.from_provider = in_use.provider and tokens.from_model_id = in_use.model_id
        and tokens.to_provider = int_bundles.to_provider and tokens.to_model_id = int_bundles.to_model_id
    left join int_measured_ratios as own
        on own.workload_id = int_bundles.workload_id and own.from_provider = tokens.from_provider
        and own.from_model_id = tokens.from_model_id
        and own.to_provider = tokens.to_provider and own.to_model_id = tokens.to_model_id
    -- What the run file states for the workload, else for the pair.
    left join int_own_ratios as of_w on of_w.scope = 'workload' and of_w.key = int_bundles.workload_id
    left join int_own_ratios as of_p on of_p.scope = 'pair' and of_p.key = tokens.model_pair
)

select
    m.recommendation_id, m.from_provider, m.from_model_id, m.tau_low, m.tau, m.tau_high, m.tau_source,
    m.is_reasoning_new and not m.is_same_model as is_reasoning_new,
    m.is_reasoning_gone and not m.is_same_model as is_reasoning_gone,
    case when m.is_same_model then 1.0 else coalesce(m.nu_measured * exp(-z90 * m.nu_sigma), m.nu_low, nu.low) end as nu_low,
    case when m.is_same_model then 1.0 else coalesce(m.nu_measured, m.nu, nu.expected) end as nu,
    case when m.is_same_model then 1.0 else coalesce(m.nu_measured * exp(z90 * m.nu_sigma), m.nu_high, nu.high) end as nu_high,
    case when m.is_less_effort then gamma.low when m.is_same_model then 1.0
        else coalesce(m.gamma_measured * exp(-z90 * m.gamma_sigma), m.gamma_low, gamma.low) end as gamma_low,
    case when m.is_less_effort then gamma.expected when m.is_same_model then 1.0
        else coalesce(m.gamma_measured, m.gamma, gamma.expected) end as gamma,
    case when m.is_less_effort then gamma.high when m.is_same_model then 1.0
        else coalesce(m.gamma_measured * exp(z90 * m.gamma_sigma), m.gamma_high, gamma.high) end as gamma_high,
    coalesce(m.gamma0_measured * exp(-z90 * m.gamma0_sigma), m.gamma0_low, gamma0.low) as gamma0_low,
    coalesce(m.gamma0_measured, m.gamma0, gamma0.expected) as gamma0,
    coalesce(m.gamma0_measured * exp(z90 * m.gamma0_sigma), m.gamma0_high, gamma0.high) as gamma0_high,
    -- Width of the kept share of the static tokens; its expected value is the bundle's own.
    case when m.static_kept_ratio is null then 1.0 else psi.high / psi.low end as psi_width,
    case when m.is_same_model then 'exact' when m.nu_measured is not null then 'measured'
        when m.nu is not null then 'config' else nu.class end as nu_source,
    case when m.is_less_effort then gamma.class when m.is_same_model then 'exact'
        when m.is_reasoning_new and m.gamma0_measured is not null then 'measured'
        when m.is_reasoning_new then case when m.gamma0 is not null then 'config' else gamma0.class end
        when m.gamma_measured is not null then 'measured'
        when m.gamma is not null then 'config'
        else gamma.class
    end as gamma_source
from measured as m
cross join int_limits
-- The parameters that hold where nothing was measured.
inner join int_parameters as nu on nu.name = 'nu' and nu.scope = 'all'
inner join int_parameters as gamma0 on gamma0.name = 'gamma0' and gamma0.scope = 'all'
inner join int_parameters as psi on psi.name = 'psi' and psi.scope = 'all'
inner join int_parameters as gamma
    on gamma.name = case when m.is_less_effort then 'gamma_effort' when m.is_to_open_weights then 'gamma_open' else 'gamma' end
    and gamma.scope = 'all'
