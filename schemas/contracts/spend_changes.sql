-- One row per workload and cause: what it adds to the spend of this window over the one before.
--
-- version: 1
-- window:  two periods: the decision window and the one before it
-- grain:   workload_id, effect
create external table spend_changes (
    workload_id varchar, -- workload; null is all of them
    effect varchar not null, -- previous, volume (all requests together), mix (the workload's own growth against all), model, tier, tokens (a request), price, unpriced (calls that had no price in one window and have one in the other), current; previous and the seven causes add up to current exactly
    place bigint not null, -- order in which the causes are taken, 1 to 9
    amount_usd decimal(38,12) not null, -- list cost of the window, or what the cause adds to it
    previous_requests bigint not null, -- attempts in the window before
    current_requests bigint not null -- attempts in the decision window
)
stored as parquet
location 'trimtab-out/spend_changes/';
