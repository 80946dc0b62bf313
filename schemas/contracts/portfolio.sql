-- One row per policy: what the decisions save, beside what other ways of choosing would; USD a month.
--
-- version: 1
-- window:  28 days
-- grain:   policy
create external table portfolio (
    policy varchar not null, -- decisions, appetite_very_low, appetite_low, appetite_medium, appetite_high, cache_and_batch, one_model
    place bigint not null, -- order of the rows, 1 to 7
    title varchar not null, -- the policy in words
    to_provider varchar, -- provider of the one model of one_model
    to_model_id varchar, -- the model that would save most if every workload went there
    workloads bigint not null, -- workloads that change
    unproven_workloads bigint not null, -- of them, those that no evidence supports
    gross_monthly_usd decimal(18,2) not null, -- every lever's claim added up, each as if it were alone
    overlap_monthly_usd decimal(18,2) not null, -- what those claims share; gross plus overlap is the saving
    saving_monthly_usd decimal(18,2) not null, -- the chosen bundles, priced together, after discounts; negative where a model is dearer
    net_monthly_usd decimal(18,2) not null, -- the same after maintenance and rework
    net_monthly_p10_usd decimal(18,2) not null, -- P10; token ratios of all workloads may be wrong together
    net_monthly_p90_usd decimal(18,2) not null, -- P90
    one_off_usd decimal(18,2) not null, -- what the changes cost once
    npv_usd decimal(18,2) not null, -- net present value of the changes that would save, less what they strand together
    payback_months decimal(9,2) -- months until the last change has paid back; until all have, where they strand a commitment together
)
stored as parquet
location 'trimtab-out/portfolio/';
