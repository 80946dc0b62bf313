-- One row per alternative whose provider, old or new, is bound by a commitment: what it saves, and what the bank account sees of it.
--
-- version: 1
-- window:  28 days
-- grain:   workload_id, recommendation_id
create external table commitment_savings (
    workload_id varchar not null, -- workload
    recommendation_id varchar not null, -- the alternative, as in alternatives
    finding varchar not null, -- to_test, dearer or blocked, as in alternatives
    from_provider varchar, -- provider of the model in use
    to_provider varchar not null, -- provider of the candidate
    from_commitment_usd decimal(18,2) not null, -- minimum spend a month at the provider in use; 0 when only the new one is bound
    from_monthly_use_usd decimal(18,2) not null, -- use of that provider as a month, at what is paid
    economic_monthly_savings_usd decimal(18,2) not null, -- what the traffic costs less
    cash_monthly_savings_usd decimal(18,2) not null, -- what is paid less while commitments last: minimum spends are paid whatever is used
    reassigned_monthly_usd decimal(18,2) not null, -- part of the cash: what the workload that the commitment names would use up of it
    stranded_monthly_usd decimal(18,2) not null, -- the difference: saved, and paid all the same; negative when the move uses up a commitment of the new provider
    cash_follows_from date not null -- first day on which no commitment of today holds any more
)
stored as parquet
location 'trimtab-out/commitment_savings/';
