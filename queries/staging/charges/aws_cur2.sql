-- One line item of a CUR 2.0 export, with the model, the token kind and the tier that its usage type tells.
--
-- grain:  the line of the file
-- tokens: disjoint: cache reads and writes have usage types of their own; units of 1K and 1M stand side by side
-- docs:   https://docs.aws.amazon.com/bedrock/latest/userguide/cost-mgmt-cur-understanding.html
with line_items as (
    select
        *,
        nullif(line_item_usage_type, '') as usage_type,
        lower(line_item_usage_type) as words,
        nullif(lower(pricing_unit), '') as unit,
        coalesce(product['servicename'], product['product_name'], nullif(line_item_product_code, '')) as service,
        line_item_line_item_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage') as is_usage,
        -- EdpDiscount, PrivateRateDiscount, ...: what a contract takes off the usage line beside it
        line_item_line_item_type like '%Discount' as is_discount,
        line_item_usage_type like '%-MP:%' as is_marketplace,
        coalesce(line_item_usage_type like '%ProvisionedThroughput%', false) as is_provisioned
    from aws_cur2
),

-- <region>-<name>-<kind>[-<scope>][-<tier>], or <region>-MP:<region>_<Kind>[_<scope>][_<tier>]-Units
kinds as (
    select
        *,
        regexp_extract(
            usage_type,
            concat(
                '^(?:EU|[A-Z]{2,3}[0-9]{1,2})-(.+?)-(?:mantle-)?',
                '(?:(?:input|output)-(?:[a-z]+-)?token|cache-(?:read|write)|ProvisionedThroughput)'
            )
        ) as billed_name,
        regexp_extract(words, '[-_](batch|flex|priority)(?:[-_]|$)') as tier,
        case
            when is_provisioned then 'other'
            when regexp_like(words, 'cache[-_]?read') then 'cache_read'
            when regexp_like(words, 'cache[-_]?write.*1[-_]?h') then 'cache_write_1h'
            when regexp_like(words, 'cache[-_]?write') then 'cache_write_5m'
            when regexp_like(words, '(input|output)[-_]?(image|audio|video|speech)') then 'other'
            when regexp_like(words, 'input[-_]?token') then 'input'
            when regexp_like(words, 'output[-_]?token') then 'output'
        end as kind,
        case
            when not is_usage then null
            when regexp_like(unit, '^1 ?k tokens?$') then 1000
            when regexp_like(unit, '^(1 ?m|million) tokens?$') then 1000000
            when regexp_like(unit, '^tokens?$') then 1
            -- a marketplace line that counts tokens counts millions
            when is_marketplace and regexp_like(words, 'token') and coalesce(unit, 'units') = 'units' then 1000000
        end as tokens_a_unit
    from line_items
)

select
    _object_key as x_object_key,
    _line as x_line,
    nullif(bill_payer_account_id, '') as billing_account_id,
    nullif(line_item_usage_account_id, '') as sub_account_id,
    nullif(line_item_usage_account_name, '') as sub_account_name,
    'AWS' as provider_name,
    nullif(line_item_legal_entity, '') as invoice_issuer_name,
    nullif(bill_invoice_id, '') as invoice_id,
    -- marketplace lines have a product code that says nothing
    case
        when concat_ws(' ', line_item_product_code, product_servicecode, service) like '%Bedrock%'
        then 'AI and Machine Learning'
    end as service_category,
    service as service_name,
    case
        when is_usage or is_discount or line_item_line_item_type = 'Refund' then 'Usage'
        when line_item_line_item_type in ('Credit', 'Tax') then line_item_line_item_type
        when line_item_line_item_type like '%Fee' then 'Purchase'
        -- the counterpart of what a savings plan covers
        else 'Adjustment'
    end as charge_category,
    case when line_item_line_item_type = 'Refund' then 'Correction' end as charge_class,
    nullif(line_item_line_item_description, '') as charge_description,
    case
        when is_usage then 'Usage-Based'
        when line_item_line_item_type in ('RIFee', 'SavingsPlanRecurringFee') then 'Recurring'
        else 'One-Time'
    end as charge_frequency,
    line_item_usage_start_date as charge_period_start,
    line_item_usage_end_date as charge_period_end,
    bill_billing_period_start_date as billing_period_start,
    bill_billing_period_end_date as billing_period_end,
    case pricing_term when 'OnDemand' then 'Standard' when 'Reserved' then 'Committed' end as pricing_category,
    case when is_usage then line_item_usage_amount end as pricing_quantity,
    case when is_usage then nullif(pricing_unit, '') end as pricing_unit,
    case
        when is_usage
        then cast(line_item_usage_amount * cast(coalesce(tokens_a_unit, 1) as decimal(7,0)) as decimal(38,12))
    end as consumed_quantity,
    case when tokens_a_unit is not null then 'Tokens' when is_usage then nullif(pricing_unit, '') end as consumed_unit,
    nullif(product_sku, '') as sku_id,
    usage_type as sku_meter,
    nullif(pricing_rate_id, '') as sku_price_id,
    nullif(line_item_resource_id, '') as resource_id,
    nullif(product_region_code, '') as region_id,
    line_item_unblended_cost as billed_cost,
    -- commitments spread their cost over columns that no token line fills
    case
        when not regexp_like(line_item_line_item_type, '^(SavingsPlan|DiscountedUsage|RIFee)')
        then coalesce(line_item_net_unblended_cost, line_item_unblended_cost)
    end as effective_cost,
    -- a discount has no list price; that of a usage line of 0 is an unknown one
    case
        when is_discount then cast(0 as decimal(38,12))
        when is_usage then cast(nullif(pricing_public_on_demand_cost, 0) as decimal(38,12))
    end as list_cost,
    case
        when line_item_line_item_type = 'Usage' or is_discount
        then coalesce(line_item_net_unblended_cost, line_item_unblended_cost)
    end as contracted_cost,
    line_item_currency_code as billing_currency,
    nullif(nullif(resource_tags, ''), '{}') as tags,
    case
        when is_provisioned then coalesce(product['model'], billed_name)
        when kind is not null
        then coalesce(
            billed_name,
            -- a marketplace line names the model in the service only
            case when is_marketplace then regexp_replace(service, ' *\(Amazon Bedrock Edition\)$', '') end,
            product['model']
        )
    end as x_model_raw,
    kind as x_token_kind,
    case when is_provisioned then 'provisioned' when kind is not null then coalesce(tier, 'standard') end
        as x_service_tier,
    'billed' as x_cost_basis
from kinds
