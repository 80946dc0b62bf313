-- One row per model in use and model that could serve instead: how much longer its tokens may be at most, by parameters alone.
--
-- grain:  from_provider, from_model_id, to_provider, to_model_id
-- method: M 3.1 (high ends of the defaults), 4.3 (they decide how long a prompt may be before anything is priced)
with used as (
    select distinct provider, billed_model_id as model_id from int_cells where billed_model_id is not null
),

facts as (
    select
        used.provider as from_provider,
        used.model_id as from_model_id,
        target.provider as to_provider,
        target.model_id as to_model_id,
        coalesce(source.tokenizer_id = target.tokenizer_id, false) as is_same_tokenizer,
        source.tokenizer_id || '>' || target.tokenizer_id as tokenizer_pair,
        used.provider || '/' || used.model_id || '>' || target.provider || '/' || target.model_id as model_pair,
        coalesce(source.has_reasoning = false and target.has_reasoning, false) as is_reasoning_new,
        coalesce(target.has_reasoning = false, false) as is_reasoning_gone,
        coalesce(source.is_open_weights = false and target.is_open_weights, false) as is_to_open_weights
    from used
    cross join models as target
    left join models as source on source.provider = used.provider and source.model_id = used.model_id
)

select
    facts.from_provider,
    facts.from_model_id,
    facts.to_provider,
    facts.to_model_id,
    case when facts.is_same_tokenizer then 1.0 else coalesce(tau_pair.high, tau.high) end as tau_high,
    coalesce(own.nu_high, nu.high) + case when facts.is_reasoning_new then coalesce(own.gamma0_high, gamma0.high) else 0.0 end
        as visible_high,
    case when facts.is_reasoning_gone then 0.0 else coalesce(own.gamma_high, gamma.high) end as reasoning_high
from facts
inner join int_parameters as tau on tau.name = 'tau' and tau.scope = 'all'
inner join int_parameters as nu on nu.name = 'nu' and nu.scope = 'all'
inner join int_parameters as gamma
    on gamma.name = case when facts.is_to_open_weights then 'gamma_open' else 'gamma' end and gamma.scope = 'all'
inner join int_parameters as gamma0 on gamma0.name = 'gamma0' and gamma0.scope = 'all'
left join int_parameters as tau_pair
    on tau_pair.name = 'tau' and tau_pair.scope = 'pair' and tau_pair.key = facts.tokenizer_pair
left join int_own_ratios as own on own.scope = 'pair' and own.key = facts.model_pair
