-- One row per policy and workload that changes under it: the bundle that the policy takes.
--
-- version: 1
-- window:  28 days
-- grain:   policy, workload_id
create external table portfolio_moves (
    policy varchar not null, -- as in portfolio
    workload_id varchar not null, -- workload
    recommendation_id varchar not null, -- bundle, as in alternatives
    lever varchar not null, -- its levers
    from_provider varchar, -- provider of the model in use
    to_provider varchar, -- provider of what replaces it
    saving_monthly_usd decimal(18,2) -- what it saves in a month after discounts, before upkeep; negative where it is dearer
)
stored as parquet
location 'trimtab-out/portfolio_moves/';
