-- One row per workload: the one action and why.
--
-- version: 2
-- window:  28 days
-- grain:   workload_id
create external table decisions (
    workload_id varchar not null, -- workload
    recommendation_id varchar, -- the alternative that the row is about; null when there is none
    action varchar not null, -- MOVE, MOVE_SPLIT, OPTIMIZE, MIGRATE, MOVE_UP, PILOT, EVALUATE_NEXT, WAIT_MATURITY, WAIT_COMMITMENT, RETRAIN, REVERT, KEEP or BLOCKED
    reason varchar not null, -- why this action: NO_EVIDENCE, NOTHING_PAYS, NO_CANDIDATE or the binding gate
    reason_codes varchar, -- every code that holds, warnings included
    binding_gate varchar, -- gate that decided; null when none did
    unknown_facts varchar, -- facts that the workload demands and the catalog does not know
    not_tested varchar, -- gates that were not tested
    owner varchar, -- team or person in charge, from the run file
    criticality varchar not null, -- low, medium or high
    from_provider varchar, -- provider of the model that costs most
    from_model_id varchar, -- model that costs most
    from_retires_on date, -- first day on which that model is no longer served; null when none is announced
    to_provider varchar, -- provider of the candidate
    to_model_id varchar, -- candidate
    current_monthly_cost_usd decimal(18,2), -- the window on the model in use at the run date's prices, as a month of 365/12 days; null when it cannot be priced
    projected_monthly_cost_usd decimal(18,2), -- the same on the candidate, token ratios applied (M 3.1), expected value
    price_only_monthly_savings_usd decimal(18,2), -- saving at equal token counts: what a price table alone would claim
    estimated_monthly_savings_usd decimal(18,2), -- expected saving with token ratios; before rework, one-off cost and discounts
    estimated_monthly_savings_p10_usd decimal(18,2), -- P10 of the saving over the range of the token ratios (M 3.5)
    estimated_monthly_savings_p90_usd decimal(18,2), -- P90 of the saving
    discounted_monthly_savings_usd decimal(18,2), -- expected saving at what is really paid: the model in use after the discounts that its bill shows, the candidate after its own or none
    horizon_monthly_savings_usd decimal(18,2), -- expected saving as the mean of the next twelve months, announced price changes included
    interim_bundle varchar, -- a same-model lever that may be taken while waiting; null: no such lever yet
    spend_window_usd decimal(38,12), -- list cost of the window's priced calls; null when none has a price
    requests bigint not null, -- attempts in the window
    logical_requests bigint not null, -- requests after retries are joined
    unpriced_requests bigint not null, -- attempts of unknown models or without a price: not in spend_window_usd
    no_usage_requests bigint not null -- attempts whose usage is missing: not in spend_window_usd
)
stored as parquet
location 'trimtab-out/decisions/';
