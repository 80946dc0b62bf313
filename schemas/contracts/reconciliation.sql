-- One row per day, provider, account, model and term of the bridge from what the logs cost at list to what was billed.
--
-- version: 1
-- window:  62 days
-- grain:   event_date, provider, sub_account_id, model_id, bridge_term
create external table reconciliation (
    event_date date not null, -- UTC day of the calls, or of the start of the billing line
    provider varchar not null, -- provider that bills, as the catalog names it; as billed when unknown
    sub_account_id varchar, -- account, project or workspace that bill and logs both name; null pools all others
    model_id varchar, -- model; as billed when it is in no catalog; null for lines of no model
    bridge_term varchar not null, -- calculated, quantity, rate, commitment, timing, credits, tax, support, adjustments, other_usage, cache_storage, unmapped_model, no_rate, unexplained; billed is the sum of them all
    amount_usd decimal(38,12), -- the term; terms of a day and model add up to billed exactly
    logged_tokens bigint, -- tokens that logs count, of the day and model
    billed_tokens decimal(38,12), -- tokens that the bill counts; null when it counts none
    coverage_ratio double, -- chi: logged over billed tokens; null when the bill counts none
    rate_ratio double, -- rho: contracted over list
    rate_source varchar, -- bill, contract_terms, inferred (same share of list on 7 days or more, every kind) or none
    status varchar, -- RECONCILED, PARTIAL, UNRECONCILED, NO_BILL; null for lines of no usage
    fault varchar, -- UNIT (off by a power of 1000), CENTS (off by 100), UNPRICED (a difference without a price) or NO_RATE (a currency without a rate)
    lines_without_rate bigint not null, -- billing lines in a currency that has no rate that day: in no amount
    is_provisional boolean not null -- younger than three days: late lines may come
)
stored as parquet
location 'trimtab-out/reconciliation/';
