-- One row per workload whose best untested candidate would save: what to evaluate next, at what cost, and whether it is worth it.
--
-- version: 3
-- window:  28 days
-- grain:   workload_id
create external table evidence_gaps (
    workload_id varchar not null, -- workload
    place bigint not null, -- order by what the evaluation is worth beyond its cost, 1 first
    recommendation_id varchar not null, -- bundle whose quality is the question
    to_provider varchar not null, -- provider of the candidate
    to_model_id varchar not null, -- candidate
    action varchar not null, -- what the workload is to do now
    is_worth_it boolean not null, -- the evaluation is worth more than it costs
    evidence_grade varchar, -- grade of what is known, A to F
    verdict varchar, -- what that says: NOT_TESTED, INCONCLUSIVE
    evidence_codes varchar, -- why evidence that exists does not count
    evidence_items bigint, -- items that were compared
    planned_items bigint not null, -- paired items that would decide it
    planned_unpaired_items bigint, -- items of each model where the two do not answer the same ones; null while nobody has scored the model in use
    items_available bigint not null, -- of them, as many as the window surely has calls for that succeeded
    planned_evaluation_usd decimal(18,2), -- what they cost: both answers and the people who score them
    evsi_usd decimal(18,2), -- what the evaluation is worth before its cost beside moving untested where that looks good (M 5.10)
    net_evsi_usd decimal(18,2) not null, -- worth less cost
    evaluation_gain_usd decimal(18,2) not null, -- what evaluating first is expected to earn over the horizon beside staying, less its cost: nothing moves untested
    estimated_monthly_savings_usd decimal(18,2), -- what the move would save a month
    net_monthly_savings_usd decimal(18,2), -- the same after maintenance and the rework that the prior expects
    sample_command varchar not null -- command that lists the calls to score
)
stored as parquet
location 'trimtab-out/evidence_gaps/';
