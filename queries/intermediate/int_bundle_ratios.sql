-- One row per bundle and model in use: the token ratios, candidate over model in use, with their ranges.
--
-- grain:  recommendation_id, from_provider, from_model_id
-- by_workload: yes
-- method: M 3.1 (measured on the workload > on the pair > configured > default; tau is exact for one tokenizer), 12
with in_use as (
    select distinct workload_id, provider, billed_model_id as model_id from int_cells where billed_model_id is not null
),

-- The workload's own comes before the pair's.
measured as (
    select
        int_bundles.recommendation_id,
        int_bundles.reasoning_effort is not null as is_less_effort,
        int_bundles.static_kept_ratio,
        coalesce(planned.uplift_high / planned.uplift_low, 1.0) as price_width,
        tokens.from_provider, tokens.from_model_id, tokens.is_same_model, tokens.is_reasoning_new, tokens.is_reasoning_gone,
        tokens.is_to_open_weights, tokens.is_exact, tokens.stated_low, tokens.stated, tokens.stated_high, tokens.stated_source,
        coalesce(own.input_ratio, tokens.input_ratio) as input_ratio,
        case when own.input_ratio is not null then own.input_sigma else tokens.input_sigma end as input_sigma,
        coalesce(own.visible_ratio, tokens.visible_ratio) as visible_ratio,
        case when own.visible_ratio is not null then own.visible_sigma else tokens.visible_sigma end as nu_sigma,
        coalesce(own.reasoning_ratio, tokens.reasoning_ratio) as reasoning_ratio,
        case when own.reasoning_ratio is not null then own.reasoning_sigma else tokens.reasoning_sigma end as gamma_sigma,
        coalesce(own.appearing_ratio, tokens.appearing_ratio) as appearing_ratio,
        case when own.appearing_ratio is not null then own.appearing_sigma else tokens.appearing_sigma end as gamma0_sigma,
        coalesce(of_w.nu_low, of_p.nu_low) as nu_low, coalesce(of_w.nu, of_p.nu) as nu, coalesce(of_w.nu_high, of_p.nu_high) as nu_high,
        coalesce(of_w.gamma_low, of_p.gamma_low) as gamma_low, coalesce(of_w.gamma, of_p.gamma) as gamma,
        coalesce(of_w.gamma_high, of_p.gamma_high) as gamma_high, coalesce(of_w.gamma0_low, of_p.gamma0_low) as gamma0_low,
        coalesce(of_w.gamma0, of_p.gamma0) as gamma0, coalesce(of_w.gamma0_high, of_p.gamma0_high) as gamma0_high
    from int_bundles
    inner join in_use on in_use.workload_id = int_bundles.workload_id
    left join int_planned_prices as planned
        on planned.provider = int_bundles.to_provider and planned.model_id = int_bundles.to_model_id
        and int_bundles.adaptation in ('post_train')
    inner join int_pair_ratios as tokens
        on tokens.from_provider = in_use.provider and tokens.from_model_id = in_use.model_id
        and tokens.to_provider = int_bundles.to_provider and tokens.to_model_id = int_bundles.to_model_id
    left join int_token_ratios as own
        on own.workload_id = int_bundles.workload_id and own.from_provider = tokens.from_provider
        and own.from_model_id = tokens.from_model_id
        and own.to_provider = tokens.to_provider and own.to_model_id = tokens.to_model_id
    -- What the run file states for the workload, else for the pair.
    left join int_own_ratios as of_w on of_w.scope = 'workload' and of_w.key = int_bundles.workload_id
    left join int_own_ratios as of_p on of_p.scope = 'pair' and of_p.key = tokens.model_pair
),

-- A ratio of answers is one of tokens: divided by tau it is one of text.
texts as (
    select *, visible_ratio / tau as nu_measured, reasoning_ratio / tau as gamma_measured, appearing_ratio / tau as gamma0_measured
    from (
        select
            measured.*, z90,
            case when is_exact then 1.0 else coalesce(input_ratio * exp(-z90 * input_sigma), stated_low) end as tau_low,
            case when is_exact then 1.0 else coalesce(input_ratio, stated) end as tau,
            case when is_exact then 1.0 else coalesce(input_ratio * exp(z90 * input_sigma), stated_high) end as tau_high,
            case when is_exact then 'exact' when input_ratio is not null then 'measured' else stated_source end as tau_source
        from measured
        cross join int_limits
    ) as taus
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
    -- And of a price that is planned.
    m.price_width,
    case when m.is_same_model then 'exact' when m.nu_measured is not null then 'measured'
        when m.nu is not null then 'config' else nu.class end as nu_source,
    case when m.is_less_effort then gamma.class when m.is_same_model then 'exact'
        when m.is_reasoning_new and m.gamma0_measured is not null then 'measured'
        when m.is_reasoning_new then case when m.gamma0 is not null then 'config' else gamma0.class end
        when m.gamma_measured is not null then 'measured'
        when m.gamma is not null then 'config'
        else gamma.class
    end as gamma_source
from texts as m
-- The parameters that hold where nothing was measured.
inner join int_parameters as nu on nu.name = 'nu' and nu.scope = 'all'
inner join int_parameters as gamma0 on gamma0.name = 'gamma0' and gamma0.scope = 'all'
inner join int_parameters as psi on psi.name = 'psi' and psi.scope = 'all'
inner join int_parameters as gamma
    on gamma.name = case when m.is_less_effort then 'gamma_effort' when m.is_to_open_weights then 'gamma_open' else 'gamma' end
    and gamma.scope = 'all'
