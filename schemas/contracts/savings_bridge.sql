-- One row per bundle, basis and effect: how the saving of a bundle comes about, a month, at list prices.
--
-- version: 2
-- window:  28 days
-- grain:   workload_id, basis, recommendation_id, effect
create external table savings_bridge (
    basis varchar not null, -- decision: the bundle of the decision, what fits moves (a forced move claims nothing and has no row); alternative: the five that rank first and pass the gates; price_table: the model that is cheapest for the same tokens, everything moves
    workload_id varchar not null, -- workload
    recommendation_id varchar not null, -- bundle
    effect varchar not null, -- price, tokenizer, verbosity, reasoning, prompt, cache, tier, escalation, hosting; saving is their sum
    place bigint not null, -- order in which the effects are taken, 1 to 10
    amount_usd decimal(18,2) not null -- what the effect adds to the saving of a month; negative where it takes away
)
stored as parquet
location 'trimtab-out/savings_bridge/';
