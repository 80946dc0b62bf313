-- One row per billing line of the report's days: provider and model as the catalog names them, money in USD, what it is.
--
-- grain:  x_record_id
-- method: M 0.1 (other currencies by a dated rate; the original stays), 2.6 (lines by charge category)
with lines_in as (
    select
        charges.* exclude (billing_currency), upper(charges.billing_currency) as billing_currency,
        coalesce(by_service.provider, by_name.provider, lower(charges.provider_name), 'unknown') as provider
    from charges
    cross join settings
    left join provider_names as by_service on by_service.name = lower(charges.service_name)
    left join provider_names as by_name on by_name.name = lower(charges.provider_name)
    where charges.event_date >= settings.report_from and charges.event_date < settings.run_date
        -- What a gateway computed is no bill; it stays in the relation charges.
        and coalesce(charges.x_cost_basis, 'billed') in ('billed', 'prepaid', 'usage')
),

lists as (
    select provider, model_id, min(region_class) in ('global') and max(region_class) in ('global') as is_global_only
    from model_prices
    group by provider, model_id
),

named as (
    select
        lines_in.*,
        model_names.model_id,
        case
            when lists.is_global_only then 'global'
            -- Amazon names the global profile, which has prices of its own, in the usage type only.
            when lists.provider in ('aws.bedrock') and regexp_like(lines_in.sku_meter, '(?i)[-_]global([-_]|$)') then 'global'
            else coalesce(model_names.region_class, lines_in.region_id, 'global')
        end as region_class,
        case
            when lines_in.charge_class = 'Correction' or lines_in.charge_category = 'Adjustment' then 'adjustment'
            when lines_in.charge_category = 'Tax' then 'tax'
            when lines_in.charge_category = 'Credit' then 'credit'
            when lines_in.x_model_raw is null
                and regexp_like(concat_ws(' ', lines_in.service_name, lines_in.charge_description), '(?i)\b(support|premier)\b')
                then 'support'
            when lines_in.charge_category = 'Purchase' or lines_in.commitment_discount_status = 'Unused'
                or lines_in.x_service_tier = 'provisioned' then 'commitment'
            when lines_in.x_model_raw is null then 'other_usage'
            -- Token-hours of a cache are on bills only: no call says how long its prefix was kept.
            when lines_in.x_token_kind = 'storage' then 'cache_storage'
            when model_names.model_id is null then 'unmapped_model'
            else 'usage'
        end as line_class,
        case when lines_in.billing_currency = 'USD' then cast(1 as decimal(18, 9)) else currency_rates.usd_per_unit end
            as usd_per_unit
    from lines_in
    left join model_names on model_names.provider = lines_in.provider and model_names.name = lines_in.x_model_raw
    left join lists on lists.provider = model_names.provider and lists.model_id = model_names.model_id
    left join currency_rates
        on currency_rates.currency = lines_in.billing_currency
        and currency_rates.valid_from <= lines_in.event_date
        and (currency_rates.valid_to is null or lines_in.event_date < currency_rates.valid_to)
)

select
    x_record_id,
    x_source as source,
    provider,
    sub_account_id,
    coalesce(model_id, x_model_raw) as model_id,
    region_class,
    service_tier,
    token_kind,
    line_class,
    is_billed,
    -- Only a commitment makes what a line amortises differ from what it asks for.
    commitment_discount_id is not null or coalesce(pricing_category in ('Committed'), false) as is_committed,
    billing_currency,
    tokens,
    billed_cost,
    cast(case when is_billed then billed_cost * usd_per_unit end as decimal(38, 12)) as billed_usd,
    cast(case when is_billed then coalesce(effective_cost, billed_cost) * usd_per_unit end as decimal(38, 12)) as effective_usd,
    cast(case when is_billed then contracted_cost * usd_per_unit end as decimal(38, 12)) as contracted_usd,
    cast(case when is_billed then list_cost * usd_per_unit end as decimal(38, 12)) as list_usd,
    usd_per_unit is null and is_billed as is_rate_missing,
    cast(charge_period_start as date) as event_date
from (
    select
        *,
        x_service_tier as service_tier,
        x_token_kind as token_kind,
        coalesce(x_cost_basis, 'billed') <> 'usage' as is_billed,
        -- Mappings give tokens one by one; a line that states only what its price is for is read from that.
        case
            when lower(consumed_unit) in ('tokens', 'token') then cast(consumed_quantity as decimal(26, 6))
            when consumed_quantity is null and regexp_like(lower(pricing_unit), '^\d{1,7} tokens$')
                then cast(pricing_quantity * cast(regexp_extract(pricing_unit, '^\d+') as decimal(7, 0)) as decimal(26, 6))
        end as tokens
    from named
) as counted
