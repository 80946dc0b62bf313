-- One row per charge that requests explain: usage by workload, and what lies between its list price and its bill.
--
-- grain:  charge_key
-- method: M 0.6 (every dollar of the bill is in one line), 2.6
with issuers as (
    select
        coalesce(provider_names.provider, lower(charges.provider_name)) as provider,
        min(charges.billing_account_id) as billing_account_id,
        min(charges.invoice_issuer_name) as invoice_issuer_name,
        min(charges.provider_name) as provider_name,
        min(charges.service_name) filter (where charges.x_model_raw is not null) as first_service_name,
        max(charges.service_name) filter (where charges.x_model_raw is not null) as last_service_name
    from charges
    left join provider_names on provider_names.name = lower(charges.provider_name)
    group by coalesce(provider_names.provider, lower(charges.provider_name))
),

-- Usage that a bill asks more or less for than its requests list at: no line of the bill says so on its own.
between_both as (
    select int_bridge.event_date, int_bridge.provider, int_bridge.sub_account_id, int_bridge.model_id, terms.bridge_term, terms.charge_category,
        case terms.bridge_term
            when 'quantity' then int_bridge.quantity_usd when 'rate' then int_bridge.rate_usd
            when 'commitment' then coalesce(int_bill_sums.usage_commitment_usd, 0) when 'timing' then coalesce(int_bill_sums.usage_timing_usd, 0)
            when 'no_rate' then int_bridge.no_rate_usd else int_bridge.unexplained_usd
        end as usd
    from int_bridge
    left join int_bill_sums
        on int_bill_sums.event_date = int_bridge.event_date and int_bill_sums.provider = int_bridge.provider
        and (int_bill_sums.sub_account_id is not distinct from int_bridge.sub_account_id)
        and (int_bill_sums.model_id is not distinct from int_bridge.model_id)
    left join int_focus_unlogged as unlogged
        on unlogged.event_date = int_bridge.event_date and unlogged.provider = int_bridge.provider
        and (unlogged.sub_account_id is not distinct from int_bridge.sub_account_id)
        and (unlogged.model_id is not distinct from int_bridge.model_id)
    cross join (
        values ('quantity', 'Usage'), ('rate', 'Adjustment'), ('commitment', 'Adjustment'), ('timing', 'Adjustment'), ('no_rate', 'Adjustment'),
            ('unexplained', 'Adjustment')
    ) as terms (bridge_term, charge_category)
    where unlogged.provider is null
),

lines as (
    select event_date, workload_id, provider, sub_account_id, model_id, service_tier, region_class, token_kind, above_prompt_tokens, usd_per_mtok, tokens, list_usd as usd, 'Usage' as charge_category, 'calculated' as bridge_term
    from int_focus_usage
    union all
    select event_date, cast(null as varchar), provider, sub_account_id, model_id, cast(null as varchar), cast(null as varchar),
        cast(null as varchar), cast(null as bigint), cast(null as decimal(18, 6)), cast(null as bigint), usd, charge_category, bridge_term
    from between_both cross join settings
    where usd <> 0 and event_date >= cast(date_trunc('month', settings.run_date) - interval '1 month' as date)
),

environments as (
    select event_date, workload_id, case when min(environment) = max(environment) then min(environment) end as environment
    from workload_signals
    group by event_date, workload_id
),

-- Names come from logs: in JSON a quote or a control character would end the text.
escaped as (
    select
        lines.*,
        regexp_replace(replace(replace(lines.workload_id, '\', '\\'), '"', '\"'), '[[:cntrl:]]', ' ', 'g') as json_workload,
        regexp_replace(replace(replace(lines.model_id, '\', '\\'), '"', '\"'), '[[:cntrl:]]', ' ', 'g') as json_model,
        regexp_replace(replace(replace(workload_facts.owner, '\', '\\'), '"', '\"'), '[[:cntrl:]]', ' ', 'g') as json_team,
        regexp_replace(replace(replace(environments.environment, '\', '\\'), '"', '\"'), '[[:cntrl:]]', ' ', 'g') as json_environment
    from lines
    left join workload_facts on workload_facts.workload_id = lines.workload_id
    left join environments on environments.event_date = lines.event_date and environments.workload_id = lines.workload_id
)

select
    concat_ws(
        '/', cast(escaped.event_date as varchar), escaped.bridge_term, escaped.provider, coalesce(escaped.sub_account_id, '-'),
        coalesce(escaped.model_id, '-'), coalesce(escaped.service_tier, '-'), coalesce(escaped.region_class, '-'),
        coalesce(escaped.token_kind, '-'), coalesce(cast(escaped.above_prompt_tokens as varchar), '-'), coalesce(escaped.workload_id, '-')
    ) as charge_key,
    escaped.bridge_term,
    escaped.charge_category,
    escaped.workload_id,
    escaped.provider,
    coalesce(issuers.provider_name, escaped.provider) as provider_name,
    issuers.invoice_issuer_name,
    issuers.billing_account_id,
    case when issuers.first_service_name = issuers.last_service_name then issuers.first_service_name end as service_name,
    escaped.sub_account_id,
    case when escaped.region_class not in ('global') then escaped.region_class end as region_id,
    coalesce(concat(escaped.model_id, ' ', replace(coalesce(escaped.token_kind, escaped.bridge_term), '_', ' ')), escaped.bridge_term)
        as charge_description,
    case when escaped.tokens is not null then initcap(concat(replace(escaped.token_kind, '_', ' '), ' tokens')) end as sku_meter,
    case when escaped.tokens is not null then concat(escaped.model_id, '/', escaped.token_kind) end as sku_id,
    case
        when escaped.tokens is not null then concat_ws(
            '/', escaped.model_id, escaped.token_kind, escaped.service_tier, escaped.region_class, cast(escaped.above_prompt_tokens as varchar)
        )
    end as sku_price_id,
    case
        when escaped.tokens is not null then concat(
            '{"x_Model":"', escaped.json_model, '","x_TokenType":"', escaped.token_kind, '","x_ServiceTier":"', escaped.service_tier,
            '","x_AbovePromptTokens":', cast(escaped.above_prompt_tokens as varchar), '}'
        )
    end as sku_price_details,
    concat(
        '{', concat_ws(',', case when escaped.json_workload is not null then concat('"workload":"', escaped.json_workload, '"') end, case when escaped.json_team is not null then concat('"team":"', escaped.json_team, '"') end,
            case when escaped.json_environment is not null then concat('"environment":"', escaped.json_environment, '"') end), '}'
    ) as tags,
    escaped.usd_per_mtok as list_unit_price,
    cast(cast(escaped.tokens as decimal(26, 0)) * cast('0.000001' as decimal(6, 6)) as decimal(38, 12)) as pricing_quantity,
    case when escaped.tokens is not null then '1000000 Tokens' end as pricing_unit,
    case when escaped.tokens is not null then 'Standard' end as pricing_category,
    cast(escaped.tokens as decimal(38, 12)) as consumed_quantity,
    case when escaped.tokens is not null then 'Tokens' end as consumed_unit,
    cast(escaped.usd as decimal(38, 12)) as usd,
    -- A discount lies between list and contracted cost, a commitment between contracted and effective cost, and what is booked at
    -- another time between effective and billed cost; every other line costs the same whichever way it is asked.
    cast(case when escaped.bridge_term in ('rate', 'commitment', 'timing') then 0 else escaped.usd end as decimal(38, 12)) as list_usd,
    cast(case when escaped.bridge_term in ('commitment', 'timing') then 0 else escaped.usd end as decimal(38, 12)) as contracted_usd,
    cast(case when escaped.bridge_term in ('timing') then 0 else escaped.usd end as decimal(38, 12)) as effective_usd,
    escaped.event_date
from escaped
left join issuers on issuers.provider = escaped.provider
