-- One row per pool of GPUs that the run file names: one model, served by the firm itself.
--
-- version: 1
create external table gpu_pools (
    pool_id varchar not null, -- name
    provider varchar not null, -- provider in the catalog whose entry tells the model's facts
    model_id varchar not null, -- model; a model has one pool
    usd_per_gpu_hour decimal(38,12), -- rent, or all cost of an own GPU spread over its hours; null takes the parameter
    prefill_tokens_per_second bigint not null, -- prompt tokens that one GPU reads in a second
    decode_tokens_per_second bigint not null, -- answer tokens that one GPU writes in a second
    is_measured boolean not null, -- both were measured on this model and GPU
    target_utilisation_ratio double, -- busy share of the busiest hour that the pool is sized for; null takes the parameter
    min_gpus bigint, -- fewest GPUs that serve at all; null takes the parameter
    max_gpus bigint, -- most that can be had; null is no limit
    gpu_memory_gb bigint, -- memory of one GPU; null is not stated
    gpus_per_copy bigint not null, -- GPUs that hold one copy of the model
    residency varchar, -- residency class of the place; null is not stated
    is_running boolean not null -- the pool runs today
)
stored as parquet
location 'trimtab-out/state/gpu_pools/';
