-- One row per workload and model that served part of it beside the model in use: which signals of its calls are worse, and which better.
--
-- grain:  workload_id, model_id
-- method: M 5.8 (proxies prove nothing; a significantly worse one, Newcombe at 5%, turns a move into a pilot), 7.2 (where the
--         model in use does worse, at 5% over all signals, the dearer one is the answer)
with counts as (
    select
        workload_signals.workload_id,
        workload_signals.billed_model_id as model_id,
        sum(workload_signals.requests) as requests,
        sum(workload_signals.errors) as errors,
        sum(workload_signals.retries) as retries,
        sum(workload_signals.truncated) as truncated,
        sum(workload_signals.refused) as refused,
        sum(workload_signals.schema_failures) as schema_failures,
        sum(workload_signals.regenerations) as regenerations,
        sum(workload_signals.feedback_negative) as feedback_negative
    from workload_signals
    cross join settings
    where workload_signals.event_date >= settings.window_from and workload_signals.event_date < settings.run_date
    group by workload_signals.workload_id, workload_signals.billed_model_id
),

rates as (
    select workload_id, model_id, requests, 'errors' as proxy, errors as hits from counts
    union all
    select workload_id, model_id, requests, 'retries', retries from counts
    union all
    select workload_id, model_id, requests, 'truncated', truncated from counts
    union all
    select workload_id, model_id, requests, 'refused', refused from counts
    union all
    select workload_id, model_id, requests, 'schema_failures', schema_failures from counts
    union all
    select workload_id, model_id, requests, 'regenerations', regenerations from counts
    union all
    select workload_id, model_id, requests, 'feedback_negative', feedback_negative from counts
),

compared as (
    select
        candidate.workload_id,
        candidate.model_id,
        candidate.proxy,
        candidate.requests,
        cast(in_use.hits as double) / in_use.requests as pa,
        cast(candidate.hits as double) / candidate.requests as pb,
        cast(in_use.requests as double) as na,
        cast(candidate.requests as double) as nb,
        held.z95 as z,
        held.z_signals,
        held.items_min
    from rates as candidate
    inner join int_workloads on int_workloads.workload_id = candidate.workload_id
    inner join int_workload_parameters as held on held.workload_id = candidate.workload_id
    inner join rates as in_use
        on in_use.workload_id = candidate.workload_id
        and in_use.model_id = int_workloads.main_model_id
        and in_use.proxy = candidate.proxy
    where candidate.model_id <> int_workloads.main_model_id and in_use.requests > 0 and candidate.requests > 0
),

limits as (
    select
        *,
        pb - pa - sqrt(
            power(pb - (pb + z * z / (2 * nb) - z * sqrt(pb * (1 - pb) / nb + z * z / (4 * nb * nb))) / (1 + z * z / nb), 2)
            + power((pa + z * z / (2 * na) + z * sqrt(pa * (1 - pa) / na + z * z / (4 * na * na))) / (1 + z * z / na) - pa, 2)
        ) as excess_low,
        pb - pa + sqrt(
            power(
                (pb + z_signals * z_signals / (2 * nb)
                    + z_signals * sqrt(pb * (1 - pb) / nb + z_signals * z_signals / (4 * nb * nb))) / (1 + z_signals * z_signals / nb) - pb,
                2
            )
            + power(
                pa - (pa + z_signals * z_signals / (2 * na)
                    - z_signals * sqrt(pa * (1 - pa) / na + z_signals * z_signals / (4 * na * na))) / (1 + z_signals * z_signals / na),
                2
            )
        ) as excess_high
    from compared
)

select
    workload_id,
    model_id,
    max(requests) as requests,
    array_to_string(
        array_agg(case when excess_low > 0 and nb >= items_min then proxy end order by proxy), ', '
    ) as worse_proxies,
    array_to_string(
        array_agg(case when excess_high < 0 and least(na, nb) >= items_min then proxy end order by proxy), ', '
    ) as better_proxies
from limits
group by workload_id, model_id
