-- One row per bundle that was considered, blocked and dearer ones too.
--
-- version: 6
-- window:  28 days
-- grain:   workload_id, recommendation_id
create external table alternatives (
    recommendation_id varchar not null, -- first 16 hex digits of the hash of workload and bundle; the same on every night
    workload_id varchar not null, -- workload
    lever varchar not null, -- lever that proposes it, or two joined by +
    to_provider varchar not null, -- provider of the candidate
    to_model_id varchar not null, -- candidate
    to_service_tier varchar, -- tier of the candidate; null keeps the tier of each call
    cache_mode varchar, -- time to live of the cache that is switched on, 5m or 1h; null keeps what is
    static_kept_ratio double, -- share of the unchanging start of the prompt that is kept; null keeps all
    reasoning_effort varchar, -- effort to ask for; null keeps it
    split_rule varchar, -- rule for the part that moves; null moves all
    setting varchar, -- what changes beside the model, in words; null is nothing
    adaptation varchar not null, -- none, batch, cache, effort_down, prompt_trim, post_train, self_host
    one_off_class varchar not null, -- class of the one-off cost
    finding varchar not null, -- cheaper (gates pass, it would save), dearer, blocked or unpriced
    binding_gate varchar, -- gate that blocks with the lowest share of cost passing; null when none blocks
    binding_kind varchar, -- hard blocks, split could be met by a rule
    reason_codes varchar, -- every gate that does not hold, warnings included
    unknown_facts varchar, -- facts that the workload demands and the catalog does not know
    not_tested varchar, -- gates that the workload does not demand, or that nothing can test yet
    pass_share_requests double not null, -- lowest share of requests that a blocking gate lets pass; 1 when none blocks
    pass_share_spend double not null, -- lowest share of cost that a blocking gate lets pass
    moving_requests bigint, -- calls of the window that would move
    moving_window_usd decimal(38,12), -- what they cost in the window at list prices
    current_monthly_cost_usd decimal(18,2), -- the window on the model in use at the run date's prices, as a month of 365/12 days; null when it cannot be priced
    projected_monthly_cost_usd decimal(18,2), -- the same on the candidate, token ratios applied (M 3.1), expected value
    price_only_monthly_savings_usd decimal(18,2), -- saving at equal token counts: what a price table alone would claim
    estimated_monthly_savings_usd decimal(18,2), -- expected saving with token ratios; before rework, one-off cost and discounts
    estimated_monthly_savings_p10_usd decimal(18,2), -- P10 of the saving over the range of the token ratios (M 3.5)
    estimated_monthly_savings_p90_usd decimal(18,2), -- P90 of the saving
    discounted_monthly_savings_usd decimal(18,2), -- expected saving at what is really paid: the model in use after the discounts that its bill shows (of its provider together where its own list cost is under $100 in the window), the candidate after its own or none
    horizon_monthly_savings_usd decimal(18,2), -- expected saving as the mean of the next twelve months, announced price changes included
    is_cache_lost boolean not null, -- cached tokens would be billed as plain input on the candidate
    is_tier_lost boolean not null, -- the candidate lacks the tier in use and is priced as standard (TIER_LOST)
    tau_source varchar, -- where the tokenizer ratio comes from: exact, measured, published, assumption or config
    nu_source varchar, -- where the ratio of visible answers comes from: the weakest, where several models are in use
    gamma_source varchar, -- where the ratio of reasoning comes from
    projection_basis varchar, -- the weakest of the sources of the three ratios: exact, measured, config, published or assumption
    action varchar not null, -- what would be done if this were the workload's answer
    action_reason varchar not null, -- why: the binding gate, PROVEN, INFERIOR, WORSE, INCONCLUSIVE, EVAL_NOT_WORTH_IT and others
    stage varchar not null, -- PROTOTYPE, GROWING, MATURE or DECLINING (M 9)
    risk_points bigint not null, -- points of M 5.11
    risk_level varchar not null, -- Very low (to 2), Low (to 4), Medium (to 7) or High
    highest_risk varchar not null, -- dimension with the most points: verdict, criticality, change, brittleness, headroom, maturity, lifecycle or none
    risk_verdict_points bigint not null, -- 0 to 8: what is proven
    risk_criticality_points bigint not null, -- 0 to 3
    risk_change_points bigint not null, -- 0 to 3: another vendor, an adaptation
    risk_brittleness_points bigint not null, -- 0 or 1: tuned or distilled
    risk_headroom_points bigint not null, -- 0 or 1: p99.9 above 80 % of the context window or of the longest answer
    risk_maturity_points bigint not null, -- 0 to 4
    risk_lifecycle_points bigint not null, -- 0 or 1: a preview, or it retires within the horizon
    risk_reversible_points bigint not null, -- 0 or -1: one flag leads back
    confidence varchar not null, -- High (evidence A or B or none needed, bill reconciled, P10 above zero), Medium, or Low (evidence D to F or none, bill unreconciled, P10 below zero)
    implementation_effort varchar not null, -- Low (configuration), Medium (another vendor), High (post-training) or VeryHigh (own hosting)
    is_rollback_possible boolean not null, -- the model in use is served for as long as savings are counted
    evidence_grade varchar not null, -- A to F (M 5.2); F is none
    verdict varchar not null, -- NON_INFERIOR, INFERIOR, WORSE, INCONCLUSIVE or NOT_TESTED; adjusted for the candidates that were tried
    verdict_unadjusted varchar not null, -- the same, as if this candidate were the only one
    evidence_codes varchar, -- why evidence is weaker than it looks, or was refused
    worse_proxies varchar, -- signals of production calls that are significantly worse on the candidate
    better_proxies varchar, -- signals of production calls that are significantly better on the candidate (one-sided 5 % over all of them)
    evidence_eval_set varchar, -- set of items that both models answered
    evidence_method varchar, -- human, deterministic, llm_judge, pairwise or benchmark
    evidence_rubric varchar, -- rubric or judge
    evidence_test varchar, -- paired (Tango), unpaired (Newcombe) or judge (calibrated)
    evidence_scored_on date, -- day of the older of the two runs
    evidence_items bigint, -- items that were compared
    evidence_only_in_use bigint, -- items on which only the model in use was better
    evidence_only_candidate bigint, -- items on which only the candidate was better
    evidence_candidates bigint, -- candidates that passed the gates and were tested: what Holm adjusts for
    quality_in_use_share double, -- share right, model in use
    quality_candidate_share double, -- share right, candidate
    quality_change_share double, -- candidate less model in use; a judge's difference is corrected (M 5.6)
    quality_change_low_share double, -- lower end, one-sided 95%
    quality_change_high_share double, -- upper end, one-sided 95%
    margin_share double, -- loss of quality that the criticality allows
    evidence_z_score double, -- statistic at the margin; below -1.6449 is not inferior
    evidence_p_share double, -- its one-sided p
    evidence_p_adjusted_share double, -- p after Holm
    rework_monthly_usd decimal(18,2), -- expected cost of wrong answers (M 5.7); without evidence from the prior P-13
    maintenance_monthly_usd decimal(18,2), -- people, hosting and re-training a month
    net_monthly_savings_usd decimal(18,2), -- mean saving of the next twelve months less maintenance and rework
    net_monthly_savings_p10_usd decimal(18,2), -- P10 over volume, token ratios and rework (M 6.7)
    net_monthly_savings_p90_usd decimal(18,2), -- P90
    integration_usd decimal(18,2), -- once: people's hours, and post-training where it applies
    evaluation_usd decimal(18,2), -- once: the evaluation that was made, or that would be
    one_off_usd decimal(18,2), -- both together
    horizon_months bigint, -- months that count; fewer where the candidate retires
    lead_months bigint, -- months before the saving starts
    benefits_usd decimal(18,2), -- what the bill falls by over the horizon (M 6.1)
    move_cost_usd decimal(18,2), -- everything that exists only because of the move, over the horizon
    npv_usd decimal(18,2), -- net present value
    npv_p10_usd decimal(18,2), -- P10 of it
    npv_p90_usd decimal(18,2), -- P90 of it
    payback_months decimal(9,2), -- months until nothing is owed; null is never within the horizon
    roi_ratio double, -- (benefits - cost) / cost; null with its reason in roi_status
    roi_total_ratio double, -- the same with the avoided bill as benefit and the candidate's bill as cost
    roi_status varchar not null, -- COMPLETE, COST_BASE_INCOMPLETE, ZERO_COST or NOT_APPLICABLE (blocked, dearer or unpriced)
    break_even_requests bigint, -- requests a month from which the move pays; null is never
    planned_items bigint, -- items that a paired evaluation needs (M 5.9)
    planned_unpaired_items bigint, -- items of each model that an evaluation needs where the two do not answer the same ones; null while nobody has scored the model in use
    planned_evaluation_usd decimal(18,2), -- what it would cost
    evsi_usd decimal(18,2), -- what it would be worth beside moving untested where that looks good (M 5.10)
    net_evsi_usd decimal(18,2), -- worth less cost
    evaluation_gain_usd decimal(18,2), -- what evaluating first is expected to earn over the horizon beside staying, less its cost: nothing moves untested
    assumptions varchar, -- ids of the parameters behind the row that nobody measured
    is_dominated boolean not null, -- another bundle of the workload saves as much after costs at no more risk
    option_rank bigint not null -- place by gross saving inside the workload, those that pass the gates first
)
stored as parquet
location 'trimtab-out/alternatives/';
