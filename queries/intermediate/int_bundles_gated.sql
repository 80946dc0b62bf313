-- One row per bundle: which gates it does not pass, which one binds, and what was not tested.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 4.1 (all codes are kept, the one with the lowest pass share first), 4.2

-- Of codes and of unknown facts there are a few dozen sets: each is a number, and is written out once.
with reasons as (
    select reason_code, cast(power(2, row_number() over (order by reason_code) - 1) as bigint) as bit
    from (select distinct reason_code from int_bundle_gates) as found
),

unknown as (
    select fact, cast(power(2, row_number() over (order by fact) - 1) as bigint) as bit
    from (select distinct fact from int_bundle_gates where reason_code = 'UNKNOWN_FACT') as found
),

codes as (
    select
        failed.recommendation_id,
        bool_or(kind <> 'warn') as is_blocked,
        bool_or(kind in ('hard')) as is_hard,
        bit_or(reasons.bit) as reasons,
        bit_or(unknown.bit) as facts,
        -- The binding gate: the lowest share of cost, then of requests, then by name.
        first_value(failed.reason_code order by pass_share_spend, pass_share_requests, failed.reason_code, code)
            filter (where kind <> 'warn') as binding_gate,
        first_value(kind order by pass_share_spend, pass_share_requests, failed.reason_code, code)
            filter (where kind <> 'warn') as binding_kind,
        min(case when kind <> 'warn' then pass_share_requests end) as pass_share_requests,
        min(case when kind <> 'warn' then pass_share_spend end) as pass_share_spend
    from int_bundle_gates as failed
    inner join reasons on reasons.reason_code = failed.reason_code
    left join unknown on unknown.fact = failed.fact and failed.reason_code = 'UNKNOWN_FACT'
    group by failed.recommendation_id
),

sets_of_reasons as (
    select sets.reasons, array_agg(reasons.reason_code order by reasons.reason_code) as reason_codes
    from (select distinct reasons from codes) as sets
    inner join reasons on (sets.reasons & reasons.bit) > 0
    group by sets.reasons
),

sets_of_facts as (
    select sets.facts, string_agg(unknown.fact, ', ' order by unknown.fact) as unknown_facts
    from (select distinct facts from codes) as sets
    inner join unknown on (sets.facts & unknown.bit) > 0
    group by sets.facts
)

select
    int_bundles.recommendation_id,
    coalesce(codes.is_blocked, false) as is_blocked,
    coalesce(codes.is_hard, false) as is_hard,
    codes.binding_gate,
    codes.binding_kind,
    sets_of_reasons.reason_codes,
    sets_of_facts.unknown_facts,
    coalesce(codes.pass_share_requests, 1.0) as pass_share_requests,
    coalesce(codes.pass_share_spend, 1.0) as pass_share_spend,
    array_to_string(make_array(
        case when quotas.model_id is null then 'RATE_LIMIT' end,
        case when int_workloads.tools_requests > 0 then 'TOOLS_PARALLEL' end,
        case when int_workloads.demanded_latency_ms_p95 is null then 'LATENCY' end,
        case when int_workloads.languages is null then 'LANG' end,
        case when int_workloads.residency is null then 'REGION' end,
        case when int_workloads.retention is null then 'RETENTION' end,
        case when int_workloads.licence is null then 'LICENCE' end
    ), ', ') as not_tested
from int_bundles
inner join int_workloads on int_workloads.workload_id = int_bundles.workload_id
left join quotas on quotas.provider = int_bundles.to_provider and quotas.model_id = int_bundles.to_model_id
left join codes on codes.recommendation_id = int_bundles.recommendation_id
left join sets_of_reasons on sets_of_reasons.reasons = codes.reasons
left join sets_of_facts on sets_of_facts.facts = codes.facts
