-- One row per model in use and model that could serve instead: the token ratios, candidate over model in use, with their ranges.
--
-- grain:  from_provider, from_model_id, to_provider, to_model_id
-- method: M 3.1 (table of defaults; tau is exact for one tokenizer), 12 (pair before all)
with used as (
    select distinct provider, billed_model_id as model_id from int_cells where billed_model_id is not null
),

known as (
    select provider, model_id from models
    union all
    select provider, model_id from used
),

targets as (
    select distinct provider, model_id from known
),

facts as (
    select
        used.provider as from_provider,
        used.model_id as from_model_id,
        targets.provider as to_provider,
        targets.model_id as to_model_id,
        used.provider = targets.provider and used.model_id = targets.model_id as is_same_model,
        coalesce(source.tokenizer_id = target.tokenizer_id, false) as is_same_tokenizer,
        source.tokenizer_id || '>' || target.tokenizer_id as tokenizer_pair,
        -- A candidate that reasons where the model in use cannot; unknown is not "cannot" (M 3.1, gamma0).
        coalesce(source.has_reasoning = false and target.has_reasoning, false) as is_reasoning_new,
        coalesce(target.has_reasoning = false, false) as is_reasoning_gone,
        coalesce(source.is_open_weights = false and target.is_open_weights, false) as is_to_open_weights
    from used
    cross join targets
    left join models as source on source.provider = used.provider and source.model_id = used.model_id
    left join models as target on target.provider = targets.provider and target.model_id = targets.model_id
),

exact as (
    select 1.0 as low, 1.0 as expected, 1.0 as high
)

select
    facts.from_provider,
    facts.from_model_id,
    facts.to_provider,
    facts.to_model_id,
    facts.is_same_model,
    facts.is_reasoning_new and not facts.is_same_model as is_reasoning_new,
    facts.is_reasoning_gone and not facts.is_same_model as is_reasoning_gone,
    case when facts.is_same_model or facts.is_same_tokenizer then exact.low else coalesce(tau_pair.low, tau.low) end as tau_low,
    case when facts.is_same_model or facts.is_same_tokenizer then exact.expected else coalesce(tau_pair.expected, tau.expected) end as tau,
    case when facts.is_same_model or facts.is_same_tokenizer then exact.high else coalesce(tau_pair.high, tau.high) end as tau_high,
    case when facts.is_same_model then exact.low else nu.low end as nu_low,
    case when facts.is_same_model then exact.expected else nu.expected end as nu,
    case when facts.is_same_model then exact.high else nu.high end as nu_high,
    case when facts.is_same_model then exact.low when facts.is_to_open_weights then gamma_open.low else gamma.low end as gamma_low,
    case when facts.is_same_model then exact.expected when facts.is_to_open_weights then gamma_open.expected else gamma.expected end as gamma,
    case when facts.is_same_model then exact.high when facts.is_to_open_weights then gamma_open.high else gamma.high end as gamma_high,
    gamma0.low as gamma0_low,
    gamma0.expected as gamma0,
    gamma0.high as gamma0_high,
    case
        when facts.is_same_model or facts.is_same_tokenizer then 'exact'
        when tau_pair.class is not null then tau_pair.class
        else tau.class
    end as tau_source
from facts
cross join exact
inner join int_parameters as tau on tau.name = 'tau' and tau.scope = 'all'
inner join int_parameters as nu on nu.name = 'nu' and nu.scope = 'all'
inner join int_parameters as gamma on gamma.name = 'gamma' and gamma.scope = 'all'
inner join int_parameters as gamma_open on gamma_open.name = 'gamma_open' and gamma_open.scope = 'all'
inner join int_parameters as gamma0 on gamma0.name = 'gamma0' and gamma0.scope = 'all'
left join int_parameters as tau_pair
    on tau_pair.name = 'tau' and tau_pair.scope = 'pair' and tau_pair.key = facts.tokenizer_pair
