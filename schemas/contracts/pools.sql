-- One row per pool of GPUs of the run file, and one per workload that it would serve or serves.
--
-- version: 1
-- window:  decision window, amounts a month
-- grain:   pool_id, workload_id
create external table pools (
    pool_id varchar not null, -- pool of the run file
    workload_id varchar, -- workload; null on the pool's own row
    status varchar not null, -- pool: OPEN (pays), NOT_OPENED, RUNNING; workload: MEMBER, OUTSIDE (proven, but too young, dearer or better elsewhere), NEEDS_SIGN_OFF (proven, above the appetite), NOT_PROVEN, SERVED (by a running pool)
    provider varchar not null, -- provider in the catalog whose entry tells the model's facts
    model_id varchar not null, -- model of the pool
    recommendation_id varchar, -- bundle in alternatives; null on a pool's row and where the pool serves the workload today
    is_measured boolean not null, -- throughput was measured; else it is planning, and confidence is Low
    gpus bigint not null, -- GPUs of the pool with all that it serves; of a workload: if it were alone
    pool_monthly_usd decimal(18,2), -- whole GPUs and the people who keep the pool
    output_tokens_per_month bigint, -- answer tokens that were written in the window, as a month
    capacity_output_tokens_per_month bigint, -- answer tokens that the GPUs could write in 730 hours
    utilisation_share double, -- of that capacity
    usd_per_output_mtok decimal(18,6), -- what a million answer tokens cost at that use
    break_even_output_tokens bigint, -- answer tokens a month at which the members' bills of today equal the pool's cost; null without members
    gpu_seconds_share double, -- part of the pool's busy time
    gain_monthly_usd decimal(18,2), -- of a workload: over its own best other way, before the pool's cost; of a pool: welfare of the best set, below 0 where it does not open
    alone_monthly_usd decimal(18,2), -- the pool's cost if it served this workload alone
    allocated_monthly_usd decimal(38,12), -- what a member pays; members add up to the pool's cost exactly
    gpus_without bigint, -- GPUs that a running pool needs without the workload
    released_monthly_usd decimal(18,2) -- what whole released GPUs save when the workload leaves a running pool
)
stored as parquet
location 'trimtab-out/pools/';
