-- One row: the run date, its windows and what the run file says for all workloads.
--
-- version: 1
create external table settings (
    run_date date not null, -- run date D; events before D 00:00 UTC are seen
    window_days bigint not null, -- days of the decision window
    window_from date not null, -- first day of the decision window, D - 28
    previous_window_from date not null, -- first day of the window before it, D - 56
    report_from date not null, -- first day that spend and coverage show, D - 62
    month_factor_numerator bigint not null, -- window sums times 365 ... (M 0.3)
    month_factor_denominator bigint not null, -- ... divided by 12 times the window days are a month
    candidate_providers bigint not null -- providers that the run file allows; 0 is all
)
stored as parquet
location 'trimtab-out/state/settings/';
