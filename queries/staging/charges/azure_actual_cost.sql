-- One line of an actual-cost export, with the model, the token kind and the tier that its meter's name tells.
--
-- grain:  the line of the file; equal lines are real, nothing identifies one
-- tokens: disjoint: cached input has a meter of its own; 1K and 1M stand side by side
-- docs:   https://learn.microsoft.com/azure/cost-management-billing/automate/understand-usage-details-fields
with lines_in as (
    select
        *,
        -- Parquet files and newer versions state it the ISO way
        try_cast(regexp_replace("Date", '^(\d{2})/(\d{2})/(\d{4}).*$', '\3-\1-\2') as date) as charge_day,
        coalesce("CostInBillingCurrency", "Cost") as cost,
        coalesce(nullif("BillingCurrency", ''), nullif("BillingCurrencyCode", '')) as currency,
        nullif("UnitOfMeasure", '') as unit,
        nullif("MeterName", '') as meter_name,
        lower("MeterName") as meter,
        coalesce(regexp_like("MeterName", '(?i)\btokens?\b'), false) as is_token_meter,
        coalesce(regexp_like("MeterName", '(?i)(^|[ -])(provisioned|ptu)([ -]|$)'), false) as is_provisioned,
        lower("ChargeType") as charge_type,
        lower("PricingModel") as pricing_model
    from azure_actual_cost
),

-- there is no grammar of meter names: these are the words seen; every name stays in sku_meter
meters as (
    select
        *,
        case
            when charge_type = 'usage' then 'Usage'
            when charge_type like 'unused%' then 'Usage' -- of a reservation or a savings plan
            when charge_type in ('purchase', 'tax', 'credit') then initcap(charge_type)
            else 'Adjustment' -- refund, rounding
        end as charge_category,
        case
            when is_provisioned then 'other'
            when not is_token_meter then null
            -- audio and images have prices of their own and no kind
            when regexp_like(meter, '(^|[ _-])(aud|audio|img|image)([ _-]|$)') then 'other'
            when regexp_like(meter, '(^|[ _-])(cached|cchd|cache)([ _-]|$)')
                and regexp_like(meter, '(^|[ _-])(write|wrt)([ _-]|$)')
            then case when regexp_like(meter, '1 ?h') then 'cache_write_1h' else 'cache_write_5m' end
            when regexp_like(meter, '(^|[ _-])(cached|cchd|cache)([ _-]|$)') then 'cache_read'
            when regexp_like(meter, '(^|[ _-])(reasoning|thinking)([ _-]|$)') then 'reasoning'
            when regexp_like(meter, '(^|[ _-])(outp|outpt|output|opt)([ _-]|$)') then 'output'
            when regexp_like(meter, '(^|[ _-])(inp|inpt|input)([ _-]|$)') then 'input'
            else 'other'
        end as kind,
        case
            when is_token_meter
            then regexp_extract(
                meter_name,
                concat(
                    '(?i)^(.+?)[ -](?:batch|btch|priority|shortco|longco|cached|cchd|cache|aud|audio|img|image|',
                    'inp|inpt|input|outp|outpt|output|opt)(?:[ -]|$)'
                )
            )
        end as model,
        -- `1K` and `1000` are 1000 of what is counted; the quantity is in such blocks
        case
            when is_token_meter
            then cast(coalesce(regexp_extract(unit, '^ *(\d{1,6})'), '1') as decimal(7,0))
                * case lower(regexp_extract(unit, '^ *\d* *([KkMm])(?:[^a-zA-Z]|$)'))
                    when 'k' then 1000
                    when 'm' then 1000000
                    else 1
                end
        end as block
    from lines_in
)

select
    _object_key as x_object_key,
    _line as x_line,
    coalesce(nullif("BillingAccountId", ''), nullif("BillingProfileId", '')) as billing_account_id,
    nullif("SubscriptionId", '') as sub_account_id,
    nullif("SubscriptionName", '') as sub_account_name,
    'Microsoft' as provider_name,
    nullif("PublisherName", '') as publisher_name,
    'Microsoft' as invoice_issuer_name,
    nullif("InvoiceId", '') as invoice_id,
    case
        when kind is not null or "MeterCategory" in ('Foundry Models', 'Foundry Tools', 'Cognitive Services')
        then 'AI and Machine Learning'
    end as service_category,
    nullif("MeterCategory", '') as service_name,
    charge_category,
    case when charge_type = 'refund' then 'Correction' end as charge_class,
    coalesce(nullif("Product", ''), nullif("ProductName", '')) as charge_description,
    case lower("Frequency")
        when 'usagebased' then 'Usage-Based'
        when 'onetime' then 'One-Time'
        when 'recurring' then 'Recurring'
    end as charge_frequency,
    cast(charge_day as timestamp) as charge_period_start,
    cast(charge_day as timestamp) + interval '1 day' as charge_period_end,
    try_cast(
        regexp_replace("BillingPeriodStartDate", '^(\d{2})/(\d{2})/(\d{4})$', '\3-\1-\2') as timestamp
    ) as billing_period_start,
    try_cast(
        regexp_replace("BillingPeriodEndDate", '^(\d{2})/(\d{2})/(\d{4})$', '\3-\1-\2') as timestamp
    ) + interval '1 day' as billing_period_end,
    case
        when pricing_model = 'ondemand' then 'Standard'
        when pricing_model in ('reservation', 'savingsplan') then 'Committed'
        when pricing_model = 'spot' then 'Dynamic'
    end as pricing_category,
    "Quantity" as pricing_quantity,
    unit as pricing_unit,
    case
        when charge_category = 'Usage'
        then cast("Quantity" * cast(coalesce(block, 1) as decimal(13,0)) as decimal(38,12))
    end as consumed_quantity,
    case when charge_category = 'Usage' then case when is_token_meter then 'Tokens' else unit end end as consumed_unit,
    nullif("MeterId", '') as sku_id,
    meter_name as sku_meter,
    nullif("PartNumber", '') as sku_price_id,
    nullif("ResourceId", '') as resource_id,
    nullif("ResourceLocation", '') as region_id,
    coalesce(nullif("ReservationId", ''), nullif("BenefitId", '')) as commitment_discount_id,
    cost as billed_cost,
    -- actual cost shows a commitment when it is bought: what its use costs is in the amortised export
    case when pricing_model in ('reservation', 'savingsplan') then null else cost end as effective_cost,
    -- 0 stands for an unknown list price
    nullif(
        coalesce(
            "PaygCostInBillingCurrency",
            case
                when coalesce(nullif("PricingCurrency", ''), currency) = currency
                then cast("PayGPrice" * "Quantity" as decimal(38,12))
            end
        ),
        0
    ) as list_cost,
    currency as billing_currency,
    case when "Tags" like '{%' then "Tags" when "Tags" <> '' then concat('{', "Tags", '}') end as tags,
    model as x_model_raw,
    kind as x_token_kind,
    case
        when is_provisioned then 'provisioned'
        when kind is null then null
        when regexp_like(meter, '(^|[ -])(batch|btch)([ -]|$)') then 'batch'
        when regexp_like(meter, '(^|[ -])priority([ -]|$)') then 'priority'
        when regexp_like(meter, '(^|[ -])flex([ -]|$)') then 'flex'
        else 'standard'
    end as x_service_tier,
    'billed' as x_cost_basis
from meters
