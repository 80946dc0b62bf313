-- One row per model in use and model that some bundle goes to: the token ratios that hold for the two, whoever calls them.
--
-- grain:  from_provider, from_model_id, to_provider, to_model_id
-- by_workload: yes
-- method: M 3.1 (tau is exact for one tokenizer; measured on the pair anywhere; else stated for the two tokenizers, else for all)
with pairs as (
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
    from (select distinct provider, billed_model_id as model_id from int_cells where billed_model_id is not null) as used
    cross join (select distinct to_provider, to_model_id from int_bundles) as offered
    left join models as source on source.provider = used.provider and source.model_id = used.model_id
    left join models as target on target.provider = offered.to_provider and target.model_id = offered.to_model_id
)

select
    pairs.*,
    is_same_model or is_same_tokenizer as is_exact,
    coalesce(tau_pair.low, tau.low) as stated_low,
    coalesce(tau_pair.expected, tau.expected) as stated,
    coalesce(tau_pair.high, tau.high) as stated_high,
    coalesce(tau_pair.class, tau.class) as stated_source,
    fleet.input_ratio, fleet.input_sigma, fleet.visible_ratio, fleet.visible_sigma, fleet.reasoning_ratio, fleet.reasoning_sigma,
    fleet.appearing_ratio, fleet.appearing_sigma
from pairs
inner join int_parameters as tau on tau.name = 'tau' and tau.scope = 'all'
left join int_parameters as tau_pair
    on tau_pair.name = 'tau' and tau_pair.scope = 'pair' and tau_pair.key = pairs.tokenizer_pair
left join int_token_ratios as fleet
    on fleet.workload_id is null and fleet.from_provider = pairs.from_provider and fleet.from_model_id = pairs.from_model_id
    and fleet.to_provider = pairs.to_provider and fleet.to_model_id = pairs.to_model_id
