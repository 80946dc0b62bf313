-- One row per bundle: which gates hold, which one binds, and what was not tested.
--
-- grain:  recommendation_id
-- method: M 4.1 (all codes are kept, the one with the lowest pass share first), 4.2
with failed as (
    select
        int_bundle_gates.*,
        -- The binding gate: blocking before warning, then the lowest share of cost, then of requests, then by name.
        row_number() over (
            partition by recommendation_id
            order by kind = 'warn', pass_share_spend, pass_share_requests, reason_code, code
        ) as place
    from int_bundle_gates
    where not is_passed
),

codes as (
    select
        recommendation_id,
        bool_or(kind <> 'warn') as is_blocked,
        bool_or(kind in ('hard')) as is_hard,
        array_agg(distinct reason_code order by reason_code) as reason_codes,
        array_to_string(array_agg(distinct fact order by fact) filter (where reason_code = 'UNKNOWN_FACT'), ', ') as unknown_facts,
        max(case when place = 1 and kind <> 'warn' then reason_code end) as binding_gate,
        max(case when place = 1 and kind <> 'warn' then kind end) as binding_kind,
        min(case when kind <> 'warn' then pass_share_requests end) as pass_share_requests,
        min(case when kind <> 'warn' then pass_share_spend end) as pass_share_spend
    from failed
    group by recommendation_id
)

select
    int_bundles.recommendation_id,
    coalesce(codes.is_blocked, false) as is_blocked,
    coalesce(codes.is_hard, false) as is_hard,
    codes.binding_gate,
    codes.binding_kind,
    codes.reason_codes,
    nullif(codes.unknown_facts, '') as unknown_facts,
    coalesce(codes.pass_share_requests, 1.0) as pass_share_requests,
    coalesce(codes.pass_share_spend, 1.0) as pass_share_spend,
    array_to_string(make_array(
        'RATE_LIMIT',
        case when int_workloads.demanded_latency_ms_p95 is null then 'LATENCY' end,
        case when int_workloads.languages is null then 'LANG' end,
        case when int_workloads.residency is null then 'REGION' end,
        case when int_workloads.retention is null then 'RETENTION' end,
        case when int_workloads.licence is null then 'LICENCE' end
    ), ', ') as not_tested
from int_bundles
inner join int_workloads on int_workloads.workload_id = int_bundles.workload_id
left join codes on codes.recommendation_id = int_bundles.recommendation_id
