-- One row per workload that has something to be done: in which wave, after what, for how many hours.
--
-- version: 1
-- window:  28 days
-- grain:   workload_id
create external table waves (
    workload_id varchar not null, -- workload
    wave bigint not null, -- 1 quick wins (low risk, at most 40 hours, paid back in 3 months, no commitment), 2 paid back in 12 months, 3 evaluations, pilots and what takes longer
    place bigint not null, -- order inside the wave, by value for an hour
    action varchar not null, -- action of the decision
    recommendation_id varchar not null, -- bundle
    effort_hours bigint, -- engineering hours of the integration, before any readiness
    is_within_hours boolean, -- the wave's hours (P-15 wave_hours) reach as far as this workload
    npv_per_hour_usd decimal(18,2), -- net present value for an engineering hour
    payback_months decimal(9,2), -- months until the one-off cost is earned back
    risk_level varchar, -- Very low, Low, Medium, High
    is_bound_by_commitment boolean not null, -- a commitment binds the provider in use today
    readiness_points bigint not null -- 0 to 4: a point each for model in the configuration, evaluation set, versioned prompts, flag for the way back
)
stored as parquet
location 'trimtab-out/waves/';
