-- One row per workload: the one action, its reason, and the saving that it is about.
--
-- grain:  workload_id
-- method: M 7.1, 7.2; without evidence no row may say MOVE: the best candidate is EVALUATE_NEXT with its price-only saving
with workload as (
    select
        int_workloads.*,
        models.retires_on,
        int_workloads.unknown_model_requests + int_workloads.unpriced_requests + int_workloads.no_usage_requests
            >= int_workloads.requests as is_unpriced,
        models.retires_on < int_limits.horizon_ends as is_source_retiring,
        coalesce(models.retires_on <= int_limits.lead_ends, false) as is_source_ending
    from int_workloads
    cross join int_limits
    left join models on models.provider = int_workloads.main_provider and models.model_id = int_workloads.main_model_id
),

-- The candidate that passes every gate and saves most; failing that, the one that comes nearest to passing.
preferred as (
    select
        *,
        case
            when finding = 'to_test' then 1
            when finding = 'blocked' and price_only_monthly_savings_usd > 0 then 2
            when finding = 'dearer' then 3
            else 4
        end as preference
    from alternatives
),

ranked as (
    select
        *,
        -- One row per workload: the preferred finding, then what passes most, then what saves most, then by name.
        row_number() over (
            partition by workload_id
            order by
                preference, pass_share_spend desc, estimated_monthly_savings_usd desc nulls last, to_provider, to_model_id,
                recommendation_id
        ) as place
    from preferred
),

chosen as (
    select
        workload.*,
        ranked.recommendation_id,
        ranked.to_provider,
        ranked.to_model_id,
        ranked.binding_gate,
        ranked.binding_kind,
        ranked.reason_codes,
        ranked.unknown_facts,
        ranked.not_tested,
        ranked.current_monthly_cost_usd,
        ranked.projected_monthly_cost_usd,
        ranked.price_only_monthly_savings_usd,
        ranked.estimated_monthly_savings_usd,
        ranked.estimated_monthly_savings_p10_usd,
        ranked.estimated_monthly_savings_p90_usd,
        ranked.discounted_monthly_savings_usd,
        ranked.horizon_monthly_savings_usd,
        case
            when workload.workload_source = 'unattributed' then 'KEEP'
            when workload.is_unpriced then 'BLOCKED'
            when ranked.binding_gate in ('UNPRICED', 'VOLUME') then 'BLOCKED'
            -- The model in use ends before a move could pay: whatever comes next is no saving of ours (M 7.2).
            when workload.is_source_ending then 'MIGRATE'
            when ranked.finding = 'to_test' then 'EVALUATE_NEXT'
            when ranked.preference = 2 and ranked.binding_kind = 'hard' then 'BLOCKED'
            else 'KEEP'
        end as action,
        case
            when workload.workload_source = 'unattributed' then 'UNATTRIBUTED'
            when workload.is_unpriced and workload.unknown_model_requests + workload.unpriced_requests = 0 then 'NO_USAGE'
            when workload.is_unpriced then 'UNPRICED'
            when ranked.binding_gate in ('UNPRICED', 'VOLUME') then ranked.binding_gate
            when workload.is_source_ending then 'SOURCE_RETIRES'
            when ranked.finding = 'to_test' then 'NO_EVIDENCE'
            when ranked.finding is null then 'NO_CANDIDATE'
            when ranked.preference = 2 then ranked.binding_gate
            else 'NOTHING_PAYS'
        end as reason
    from workload
    left join ranked on ranked.workload_id = workload.workload_id and ranked.place = 1
)

select
    workload_id,
    recommendation_id,
    action,
    reason,
    nullif(concat_ws(', ', reason_codes, case when is_source_retiring then 'SOURCE_RETIRES' end), '') as reason_codes,
    case when reason = binding_gate then binding_gate end as binding_gate,
    unknown_facts,
    not_tested,
    owner,
    criticality,
    main_provider as from_provider,
    main_model_id as from_model_id,
    retires_on as from_retires_on,
    to_provider,
    to_model_id,
    current_monthly_cost_usd,
    projected_monthly_cost_usd,
    price_only_monthly_savings_usd,
    estimated_monthly_savings_usd,
    estimated_monthly_savings_p10_usd,
    estimated_monthly_savings_p90_usd,
    discounted_monthly_savings_usd,
    horizon_monthly_savings_usd,
    cast(null as varchar) as interim_bundle,
    case
        when unknown_model_requests + unpriced_requests + no_usage_requests < requests then cost_usd
    end as spend_window_usd,
    requests,
    logical_requests,
    unknown_model_requests + unpriced_requests as unpriced_requests,
    no_usage_requests
from chosen
