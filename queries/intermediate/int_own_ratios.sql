-- One row per workload or pair of models for which the run file states token ratios.
--
-- grain:  scope, key
-- method: M 3.1 (what is configured comes after what was measured and before the default), 12 (per workload and per pair)
select
    scope,
    key,
    max(case when name in ('nu') then low end) as nu_low,
    max(case when name in ('nu') then expected end) as nu,
    max(case when name in ('nu') then high end) as nu_high,
    max(case when name in ('gamma') then low end) as gamma_low,
    max(case when name in ('gamma') then expected end) as gamma,
    max(case when name in ('gamma') then high end) as gamma_high,
    max(case when name in ('gamma0') then low end) as gamma0_low,
    max(case when name in ('gamma0') then expected end) as gamma0,
    max(case when name in ('gamma0') then high end) as gamma0_high
from int_parameters
where scope in ('workload', 'pair') and name in ('nu', 'gamma', 'gamma0')
group by scope, key
