-- One row per negotiated discount.
--
-- version: 1
create external table contract_terms (
    provider varchar not null, -- provider
    model_id varchar, -- model; null for all
    discount_pct decimal(18,6) not null, -- percent off list
    valid_from date not null -- first day
)
stored as parquet
location 'trimtab-out/state/contract_terms/';
