-- One row per model whose use a provider limits, as the run file states it.
--
-- version: 1
create external table quotas (
    provider varchar not null, -- provider
    model_id varchar not null, -- model
    tokens_per_minute bigint not null -- tokens a minute, input and output together
)
stored as parquet
location 'trimtab-out/state/quotas/';
