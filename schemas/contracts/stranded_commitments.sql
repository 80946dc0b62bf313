-- One row per policy and provider with a commitment that its moves touch: what is used of it before and after, and what is owed all the same.
--
-- version: 1
-- window:  28 days
-- grain:   policy, provider
create external table stranded_commitments (
    policy varchar not null, -- as in portfolio
    provider varchar not null, -- provider whose minimum spend holds
    workloads bigint not null, -- workloads that leave it or come to it
    commitment_monthly_usd decimal(18,2) not null, -- minimum spend a month
    use_monthly_usd decimal(18,2) not null, -- use today as a month, at what is paid
    use_after_monthly_usd decimal(18,2) not null, -- use after all moves of the policy
    reassigned_monthly_usd decimal(18,2) not null, -- part that the workload named by the commitment would use up
    stranded_monthly_usd decimal(18,2) not null, -- saved, and owed all the same, until the commitment ends; negative where moves use it up
    stranded_alone_monthly_usd decimal(18,2) not null, -- what each move strands by itself, added up; the net present values of the moves hold this much
    jointly_stranded_worth_usd decimal(18,2) not null, -- what only all moves together strand, as worth today; portfolio takes it from their net present value
    cash_follows_from date not null, -- first day on which no commitment of today holds any more
    bound_months decimal(9,4) not null -- months until then
)
stored as parquet
location 'trimtab-out/stranded_commitments/';
