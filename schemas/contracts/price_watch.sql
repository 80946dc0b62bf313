-- One row per thing about prices that somebody should know.
--
-- version: 1
-- window:  28 days
-- grain:   finding, provider, model_id, subject, due_on
create external table price_watch (
    finding varchar not null, -- stale (not looked at for 90 days), scheduled (changes within 60 days), retires (within 12 months), unpriced
    provider varchar not null, -- provider that bills
    model_id varchar, -- model in use; as logged when it is in no catalog
    subject varchar not null, -- what it is about
    due_on date, -- last look, day of the change, or first day on which the model is no longer served
    requests bigint not null, -- attempts of the window that it touches
    tokens bigint, -- tokens of usage without a price; null elsewhere
    window_usd decimal(38,12), -- list cost of the window; of a scheduled change at the run date's prices
    change_usd decimal(38,12), -- what the scheduled change adds to the same traffic
    workloads varchar -- who uses it
)
stored as parquet
location 'trimtab-out/price_watch/';
