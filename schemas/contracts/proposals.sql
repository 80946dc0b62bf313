-- One row per way to serve a workload that a lever proposes, the bundle vector; nothing is priced or gated here.
--
-- version: 1
create external table proposals (
    workload_id varchar not null, -- workload
    lever varchar not null, -- lever that proposes
    to_provider varchar not null, -- provider of the candidate
    to_model_id varchar not null, -- candidate
    to_service_tier varchar, -- tier of the candidate; null keeps the tier of each call
    cache_mode varchar, -- time to live of the cache that the bundle switches on, 5m or 1h; null keeps what is
    static_kept_ratio double, -- share of the static prompt that is kept; null keeps all
    reasoning_effort varchar, -- effort of the candidate; null keeps it
    adaptation varchar not null, -- none, batch, cache, effort_down, prompt_trim, cascade, post_train, self_host
    split_rule varchar, -- rule for the part that moves; null moves all
    one_off_class varchar not null, -- class of the one-off cost: config, other_vendor, post_train, self_host
    fixed_usd_per_month decimal(38,12), -- hosting a month; null is none
    reason varchar not null -- why it is proposed
)
stored as parquet
location 'trimtab-out/state/proposals/';
