-- One row per step: from what a price table claims to what is supported after every cost, USD a month.
--
-- version: 1
-- window:  28 days
-- grain:   place
create external table savings_waterfall (
    place bigint not null, -- order of the steps, 1 to 15
    step varchar not null, -- claim, discounts, tokenizer, verbosity, reasoning, cache_and_tier, gates, other_levers, overlap, retirements, evidence, rework, upkeep, one_off, commitments
    title varchar not null, -- what the step is about, in words
    before_usd decimal(18,2) not null, -- a month's saving before the step; 0 before the claim
    change_usd decimal(18,2) not null, -- what the step adds or takes off
    after_usd decimal(18,2) not null, -- a month's saving after the step: before plus change, and the next row's before
    workloads bigint not null -- workloads whose saving the step changes
)
stored as parquet
location 'trimtab-out/savings_waterfall/';
