-- One row per bundle that was considered, blocked and dearer ones too.
--
-- version: 2
-- window:  28 days
-- grain:   workload_id, recommendation_id
create external table alternatives (
    recommendation_id varchar not null, -- first 16 hex digits of the hash of workload and bundle; the same on every night
    workload_id varchar not null, -- workload
    lever varchar not null, -- lever that proposes it
    to_provider varchar not null, -- provider of the candidate
    to_model_id varchar not null, -- candidate
    to_service_tier varchar, -- tier of the candidate; null keeps the tier of each call
    adaptation varchar not null, -- none, prompt_trim, post_train, self_host, effort_down
    one_off_class varchar not null, -- class of the one-off cost
    finding varchar not null, -- to_test (gates pass, it would save), dearer, blocked or unpriced
    binding_gate varchar, -- gate that blocks with the lowest share of cost passing; null when none blocks
    binding_kind varchar, -- hard blocks, split could be met by a rule
    reason_codes varchar, -- every gate that does not hold, warnings included
    unknown_facts varchar, -- facts that the workload demands and the catalog does not know
    not_tested varchar, -- gates that the workload does not demand, or that nothing can test yet
    pass_share_requests double not null, -- lowest share of requests that a blocking gate lets pass; 1 when none blocks
    pass_share_spend double not null, -- lowest share of cost that a blocking gate lets pass
    current_monthly_cost_usd decimal(18,2), -- the window on the model in use at the run date's prices, as a month of 365/12 days; null when it cannot be priced
    projected_monthly_cost_usd decimal(18,2), -- the same on the candidate, token ratios applied (M 3.1), expected value
    price_only_monthly_savings_usd decimal(18,2), -- saving at equal token counts: what a price table alone would claim
    estimated_monthly_savings_usd decimal(18,2), -- expected saving with token ratios; before rework, one-off cost and discounts
    estimated_monthly_savings_p10_usd decimal(18,2), -- P10 of the saving over the range of the token ratios (M 3.5)
    estimated_monthly_savings_p90_usd decimal(18,2), -- P90 of the saving
    discounted_monthly_savings_usd decimal(18,2), -- expected saving at what is really paid: the model in use after the discounts that its bill shows, the candidate after its own or none
    horizon_monthly_savings_usd decimal(18,2), -- expected saving as the mean of the next twelve months, announced price changes included
    is_cache_lost boolean not null, -- cached tokens would be billed as plain input on the candidate
    is_tier_lost boolean not null, -- the candidate lacks the tier in use and is priced as standard (TIER_LOST)
    tau_source varchar, -- where the tokenizer ratio comes from: exact, measured, published, assumption or config
    evidence_grade varchar not null, -- A to F (M 5.2); F is none
    verdict varchar not null, -- NON_INFERIOR, INFERIOR, WORSE, INCONCLUSIVE or NOT_TESTED
    option_rank bigint not null -- 1 is the best of its workload
)
stored as parquet
location 'trimtab-out/alternatives/';
