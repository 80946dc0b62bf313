-- One row per workload: the one action and why.
--
-- version: 6
-- window:  28 days
-- grain:   workload_id
create external table decisions (
    workload_id varchar not null, -- workload
    recommendation_id varchar, -- the alternative that the row is about; null when there is none
    lever varchar, -- lever or pair of levers behind it
    action varchar not null, -- MOVE, MOVE_SPLIT, OPTIMIZE, MIGRATE, MOVE_UP, PILOT, EVALUATE_NEXT, WAIT_MATURITY, WAIT_COMMITMENT, RETRAIN, REVERT, KEEP or BLOCKED
    reason varchar not null, -- why this action: the binding gate, PROVEN, NO_EVIDENCE, EVAL_NOT_WORTH_IT, INFERIOR, NOTHING_PAYS, NO_CANDIDATE and others
    reason_codes varchar, -- every code that holds, warnings included
    binding_gate varchar, -- gate that decided; null when none did
    unknown_facts varchar, -- facts that the workload demands and the catalog does not know
    not_tested varchar, -- gates that were not tested
    owner varchar, -- team or person in charge, from the run file
    criticality varchar not null, -- low, medium or high
    stage varchar, -- PROTOTYPE, GROWING, MATURE or DECLINING (M 9); null when no candidate was looked at
    finding varchar, -- of the alternative: cheaper, dearer, blocked or unpriced; null when there is none
    wait_until date, -- for WAIT_MATURITY and GROWING: first day on which the workload can be mature if traffic stays and no prompt version is added; for WAIT_COMMITMENT: first day after the commitment
    from_provider varchar, -- provider of the model that costs most
    from_model_id varchar, -- model that costs most
    from_retires_on date, -- first day on which that model is no longer served; null when none is announced
    to_provider varchar, -- provider of the candidate
    to_model_id varchar, -- candidate
    to_service_tier varchar, -- tier to send calls at; null keeps it
    cache_mode varchar, -- time to live of the cache to switch on, 5m or 1h; null keeps what is
    static_kept_ratio double, -- share of the unchanging start of the prompt to keep; null keeps all
    reasoning_effort varchar, -- effort to ask for; null keeps it
    split_rule varchar, -- rule for the calls that move, the others stay; null moves all
    setting varchar, -- what changes beside the model, in words; null is nothing
    current_monthly_cost_usd decimal(18,2), -- the window on the model in use at the run date's prices, as a month of 365/12 days; null when it cannot be priced
    projected_monthly_cost_usd decimal(18,2), -- the same on the candidate, token ratios applied (M 3.1), expected value
    price_only_monthly_savings_usd decimal(18,2), -- saving at equal token counts: what a price table alone would claim
    estimated_monthly_savings_usd decimal(18,2), -- expected saving with token ratios; before rework, one-off cost and discounts
    estimated_monthly_savings_p10_usd decimal(18,2), -- P10 of the saving over the range of the token ratios (M 3.5)
    estimated_monthly_savings_p90_usd decimal(18,2), -- P90 of the saving
    discounted_monthly_savings_usd decimal(18,2), -- expected saving at what is really paid: the model in use after the discounts that its bill shows (of its provider together where its own list cost is under $100 in the window), the candidate after its own or none
    horizon_monthly_savings_usd decimal(18,2), -- expected saving as the mean of the next twelve months, announced price changes included
    evidence_grade varchar, -- A to F (M 5.2); F is none; null when there is no candidate
    verdict varchar, -- verdict on the candidate, adjusted for those that were tried
    verdict_unadjusted varchar, -- the same, as if it were the only candidate
    evidence_items bigint, -- items that were compared
    quality_change_share double, -- share right, candidate less model in use
    margin_share double, -- loss of quality that the criticality allows
    risk_points bigint, -- points of M 5.11
    risk_level varchar, -- Very low, Low, Medium or High
    highest_risk varchar, -- dimension with the most risk points
    confidence varchar, -- High (evidence A or B or none needed, bill reconciled, P10 above zero), Medium, or Low (evidence D to F or none, bill unreconciled, P10 below zero)
    projection_basis varchar, -- the weakest source of the token ratios: exact, measured, config, published or assumption
    implementation_effort varchar, -- Low (configuration), Medium (another vendor), High (post-training) or VeryHigh (own hosting)
    is_rollback_possible boolean, -- the model in use is served for as long as savings are counted
    lookback_period_in_days bigint not null, -- days of usage and cost behind the row
    estimated_savings_share double, -- estimated_monthly_savings_usd over current_monthly_cost_usd
    problem_statement varchar not null, -- what was found, in one sentence
    solution_statement varchar not null, -- what to do, in one sentence
    effective_settings varchar not null, -- JSON object of the settings under which it was decided
    etag varchar not null, -- 16 hex digits that change when what the row says does
    rework_monthly_usd decimal(18,2), -- expected cost of wrong answers
    maintenance_monthly_usd decimal(18,2), -- people, hosting and re-training a month
    net_monthly_savings_usd decimal(18,2), -- saving less maintenance and rework: what supported totals add; of MIGRATE what these two cost, and null where the way out is dearer
    net_monthly_savings_p10_usd decimal(18,2), -- P10 of it
    net_monthly_savings_p90_usd decimal(18,2), -- P90 of it
    one_off_usd decimal(18,2), -- integration and evaluation, once
    npv_usd decimal(18,2), -- net present value over the horizon, after every cost; null for MIGRATE, which claims no saving
    npv_p10_usd decimal(18,2), -- P10 of it
    npv_p90_usd decimal(18,2), -- P90 of it
    payback_months decimal(9,2), -- months until nothing is owed
    roi_ratio double, -- (benefits - cost) / cost; null with its reason in roi_status
    roi_status varchar, -- COMPLETE, COST_BASE_INCOMPLETE, ZERO_COST or NOT_APPLICABLE
    break_even_requests bigint, -- requests a month from which the move pays
    planned_items bigint, -- items that an evaluation needs
    planned_evaluation_usd decimal(18,2), -- what it would cost
    evsi_usd decimal(18,2), -- what it would be worth beside moving untested where that looks good (M 5.10)
    net_evsi_usd decimal(18,2), -- worth less cost
    evaluation_gain_usd decimal(18,2), -- what evaluating first is expected to earn over the horizon beside staying, less its cost: nothing moves untested
    assumptions varchar, -- ids of the parameters behind the row that nobody measured
    benefit_time_monthly_usd decimal(18,2), -- time saved, as the run file names it; in no total
    benefit_revenue_monthly_usd decimal(18,2), -- revenue, as the run file names it; in no total
    interim_bundle varchar, -- a setting of the model in use that may be taken while waiting: an alternative's recommendation_id
    interim_lever varchar, -- its lever
    interim_setting varchar, -- what it changes, in words
    interim_one_off_usd decimal(18,2), -- what it costs once
    interim_monthly_savings_usd decimal(18,2), -- what it saves, gross; counted as supported
    interim_net_monthly_savings_usd decimal(18,2), -- what it saves after maintenance; counted as supported
    asked_monthly_savings_usd decimal(18,2), -- what batch or flex would save beside the decision if the owner said batch_ok; in no total
    spend_window_usd decimal(38,12), -- list cost of the window's priced calls; null when none has a price
    errors bigint not null, -- failed attempts in the window
    input_tokens bigint not null, -- billed input tokens, cached ones included
    cache_read_tokens bigint not null, -- of them read from the cache
    output_tokens bigint not null, -- billed output tokens
    reasoning_tokens bigint not null, -- of them reasoning, where the log says so
    requests bigint not null, -- attempts in the window
    logical_requests bigint not null, -- requests after retries are joined
    unpriced_requests bigint not null, -- attempts of unknown models or without a price: not in spend_window_usd
    no_usage_requests bigint not null -- attempts whose usage is missing: not in spend_window_usd
)
stored as parquet
location 'trimtab-out/decisions/';
