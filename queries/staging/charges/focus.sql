-- One charge of a FOCUS table, with the model, the token kind and the tier where the provider's own words tell them.
--
-- grain:  the line of the file
-- tokens: cached input is beside input: a line bills one kind; quantities and units stay as billed
-- docs:   https://focus.finops.org/focus-specification/v1-2/
with lines_in as (
    select
        _object_key,
        _line,
        nullif("BillingAccountId", '') as billing_account_id,
        nullif("SubAccountId", '') as sub_account_id,
        nullif("SubAccountName", '') as sub_account_name,
        coalesce(nullif("ProviderName", ''), nullif("ServiceProviderName", '')) as provider_name,
        nullif("PublisherName", '') as publisher_name,
        nullif("InvoiceIssuerName", '') as invoice_issuer_name,
        nullif("InvoiceId", '') as invoice_id,
        nullif("ServiceCategory", '') as service_category,
        nullif("ServiceName", '') as service_name,
        nullif("ServiceSubcategory", '') as service_subcategory,
        "ChargeCategory" as charge_category,
        nullif("ChargeClass", '') as charge_class,
        nullif("ChargeDescription", '') as charge_description,
        nullif("ChargeFrequency", '') as charge_frequency,
        "ChargePeriodStart" as charge_period_start,
        "ChargePeriodEnd" as charge_period_end,
        "BillingPeriodStart" as billing_period_start,
        "BillingPeriodEnd" as billing_period_end,
        nullif("PricingCategory", '') as pricing_category,
        "PricingQuantity" as pricing_quantity,
        nullif("PricingUnit", '') as pricing_unit,
        "ConsumedQuantity" as consumed_quantity,
        nullif("ConsumedUnit", '') as consumed_unit,
        nullif("SkuId", '') as sku_id,
        nullif("SkuMeter", '') as sku_meter,
        nullif("SkuPriceId", '') as sku_price_id,
        nullif("SkuPriceDetails", '') as sku_price_details,
        nullif("ResourceId", '') as resource_id,
        nullif("RegionId", '') as region_id,
        nullif("CommitmentDiscountId", '') as commitment_discount_id,
        nullif("CommitmentDiscountStatus", '') as commitment_discount_status,
        "BilledCost" as billed_cost,
        "EffectiveCost" as effective_cost,
        "ListCost" as list_cost,
        "ContractedCost" as contracted_cost,
        "BillingCurrency" as billing_currency,
        nullif("Tags", '') as tags,
        nullif("x_UsageType", '') as usage_type,
        "x_PricingBlockSize" as pricing_block_size
    from focus
),

-- FOCUS has no column for model, kind or tier: each provider hides them elsewhere
words as (
    select
        *,
        -- our own files and other writers of x_ keys
        regexp_extract(sku_price_details, '"x_Model"\s*:\s*"([^"\\]+)"') as own_model,
        lower(regexp_extract(sku_price_details, '"x_TokenType"\s*:\s*"([^"\\]+)"')) as own_kind,
        lower(regexp_extract(sku_price_details, '"x_ServiceTier"\s*:\s*"([^"\\]+)"')) as own_tier,
        -- AWS: <region>-<name>-<kind>[-<scope>][-<tier>], or <region>-MP:<region>_<Kind>[_<scope>]-Units
        regexp_extract(lower(usage_type), '(cache[-_]?read|cache[-_]?write|input[-_]?token|output[-_]?token)')
            as aws_kind,
        regexp_like(lower(usage_type), '(^|[-_])1h|1[-_]?hour|write.*1[-_]?h') as is_aws_hour,
        regexp_extract(
            usage_type,
            concat(
                '^(?:EU|[A-Z]{2,3}[0-9]{1,2})-(.+?)-(?:mantle-)?',
                '(?:(?:input|output)-token|cache-(?:read|write)|ProvisionedThroughput)'
            )
        ) as aws_name,
        usage_type like '%-MP:%' as is_aws_marketplace,
        regexp_extract(lower(usage_type), '[-_](batch|flex|priority)(?:[-_]|$)') as aws_tier,
        usage_type like '%ProvisionedThroughput%' as is_aws_provisioned,
        coalesce(regexp_like(provider_name, '(?i)microsoft|azure'), false) as is_azure,
        -- Google's words do not say that tokens are counted; which column holds them is not documented
        coalesce(regexp_like(provider_name, '(?i)google'), false)
            and regexp_like(concat_ws(' ', sku_meter, charge_description), '(?i)\b(gemini|claude|llama|mistral)\b')
            as is_google_model
    from lines_in
),

-- Azure and others: words of a meter that counts tokens
words_of_meters as (
    select
        *,
        case
            when is_google_model and not regexp_like(coalesce(sku_meter, ''), '(?i)input|output|cach')
            then charge_description
            else sku_meter
        end as meter_words
    from words
),

token_meters as (
    select
        *,
        lower(meter_words) as meter,
        regexp_like(meter_words, '(?i)\btokens?\b')
            or is_google_model and regexp_like(meter_words, '(?i)\b(input|output|cach(ed|ing))\b') as is_token_meter
    from words_of_meters
),

meters as (
    select
        *,
        (is_azure or is_google_model)
            and coalesce(regexp_like(meter, '(^|[ -])(provisioned|ptu)([ -]|$)'), false) as is_meter_provisioned,
        case
            when is_token_meter is not true then null
            -- audio and images have prices of their own and no kind; storage and tuning answer no call
            when regexp_like(meter, '(^|[ _-])cach(e|ed|ing)[ _-]storage([ _-]|$)') then 'storage'
            when regexp_like(meter, '(^|[ _-])(aud|audio|img|image|video|storage|tuning)([ _-]|$)') then 'other'
            when regexp_like(meter, '(^|[ _-])(cached|cchd|cache|caching)([ _-]|$)')
                and regexp_like(meter, '(^|[ _-])(write|wrt)([ _-]|$)')
            then case when regexp_like(meter, '1 ?h') then 'cache_write_1h' else 'cache_write_5m' end
            when regexp_like(meter, '(^|[ _-])(cached|cchd|cache|caching)([ _-]|$)') then 'cache_read'
            -- not `(Thinking On)`: that is the price of an answer
            when regexp_like(meter, '(^|[ _-])(reasoning|thinking)([ _-]|$)') then 'reasoning'
            when regexp_like(meter, '(^|[ _-])(outp|outpt|output|opt)([ _-]|$)') then 'output'
            when regexp_like(meter, '(^|[ _-])(inp|inpt|input)([ _-]|$)') then 'input'
            else 'other'
        end as meter_kind,
        case
            when is_azure and is_token_meter
            then regexp_extract(
                sku_meter,
                concat(
                    '(?i)^(.+?)[ -](?:batch|btch|priority|shortco|longco|cached|cchd|cache|aud|audio|img|image|',
                    'inp|inpt|input|outp|outpt|output|opt)(?:[ -]|$)'
                )
            )
            when is_google_model and is_token_meter
            then regexp_extract(
                meter_words,
                concat(
                    '(?i)\b((?:gemini|claude|llama|mistral).*?)(?: -)?',
                    ' (?:GA|text|audio|image|video|thinking|input|output|cached?|caching|batch|priority|flex|tuning)\b'
                )
            )
        end as meter_model,
        case
            when regexp_like(meter, '(^|[ -])(batch|btch)([ -]|$)') then 'batch'
            when regexp_like(meter, '(^|[ -])(priority)([ -]|$)') then 'priority'
            when regexp_like(meter, '(^|[ -])(flex)([ -]|$)') then 'flex'
            when is_azure or is_google_model then 'standard'
        end as meter_tier,
        -- `1K tokens`, `1000000 Tokens`; Azure says units, which are tokens where they are the blocks that it prices;
        -- Google says requests
        case
            when regexp_like(consumed_unit, '(?i)^\d{0,7} ?[km]? ?tokens?$')
            then cast(coalesce(regexp_extract(consumed_unit, '^(\d+)'), '1') as bigint)
                * case lower(regexp_extract(consumed_unit, '(?i)^\d* ?([km])'))
                    when 'k' then 1000
                    when 'm' then 1000000
                    else 1
                end
            when is_azure and is_token_meter and consumed_quantity = pricing_quantity * pricing_block_size then 1
            when is_google_model and is_token_meter and regexp_like(consumed_unit, '(?i)^(requests?|count)$') then 1
        end as tokens_a_unit
    from token_meters
)

select
    _object_key as x_object_key,
    _line as x_line,
    billing_account_id,
    sub_account_id,
    sub_account_name,
    provider_name,
    publisher_name,
    invoice_issuer_name,
    invoice_id,
    service_category,
    service_name,
    service_subcategory,
    charge_category,
    charge_class,
    charge_description,
    charge_frequency,
    charge_period_start,
    charge_period_end,
    billing_period_start,
    billing_period_end,
    pricing_category,
    pricing_quantity,
    -- Azure says `Units` and puts the size of one unit beside it: 1200 `Units` of 1000 are 1200 `1000 Units`
    case
        when pricing_block_size > 1 and pricing_unit = 'Units'
        then concat(cast(cast(pricing_block_size as bigint) as varchar), ' Units')
        else pricing_unit
    end as pricing_unit,
    cast(consumed_quantity * cast(coalesce(tokens_a_unit, 1) as decimal(13,0)) as decimal(38,12)) as consumed_quantity,
    case when tokens_a_unit is not null then 'Tokens' else consumed_unit end as consumed_unit,
    sku_id,
    sku_meter,
    sku_price_id,
    sku_price_details,
    resource_id,
    region_id,
    commitment_discount_id,
    commitment_discount_status,
    billed_cost,
    effective_cost,
    list_cost,
    contracted_cost,
    billing_currency,
    tags,
    coalesce(
        own_model,
        aws_name,
        -- a marketplace line names the model in the service only
        case
            when is_aws_marketplace and aws_kind is not null
            then regexp_replace(service_name, ' *\(Amazon Bedrock Edition\)$', '')
        end,
        meter_model
    ) as x_model_raw,
    case
        when own_kind in ('input', 'input_tokens', 'uncached_input', 'uncached_input_tokens') then 'input'
        when own_kind in ('cache_read', 'cached_input_tokens', 'cache_read_input_tokens', 'cache_read_tokens')
        then 'cache_read'
        when own_kind in (
            'cache_write_5m', 'cache_write_tokens', 'cache_write_input_tokens', 'cache_write_5m_tokens',
            'ephemeral_5m_input_tokens'
        )
        then 'cache_write_5m'
        when own_kind in ('cache_write_1h', 'cache_write_1h_tokens', 'ephemeral_1h_input_tokens') then 'cache_write_1h'
        when own_kind in ('output', 'output_tokens') then 'output'
        when own_kind in ('reasoning', 'reasoning_tokens', 'output_reasoning_tokens') then 'reasoning'
        when own_kind in ('request', 'requests') then 'request'
        when own_kind is not null then 'other'
        when aws_kind in ('cache-read', 'cache_read', 'cacheread') then 'cache_read'
        when aws_kind in ('cache-write', 'cache_write', 'cachewrite')
        then case when is_aws_hour then 'cache_write_1h' else 'cache_write_5m' end
        when aws_kind in ('input-token', 'input_token', 'inputtoken') then 'input'
        when aws_kind in ('output-token', 'output_token', 'outputtoken') then 'output'
        when is_aws_provisioned or is_meter_provisioned then 'other'
        else meter_kind
    end as x_token_kind,
    case
        when own_tier in ('default', 'standard') then 'standard'
        when own_tier is not null then own_tier
        when is_aws_provisioned or is_meter_provisioned then 'provisioned'
        when aws_kind is not null then coalesce(aws_tier, 'standard')
        when meter_kind is not null then meter_tier
    end as x_service_tier,
    'billed' as x_cost_basis
from meters
