-- One row per billing line, with the names of FOCUS 1.2 in snake_case.
--
-- version:  1
-- day:      charge_period_start
-- identity: x_object_key + x_line
-- filled:   x_source, x_source_format, x_record_id, x_source_rank, x_repeats, event_date
create external table charges (
    x_record_id varchar not null, -- 32 hex digits
    x_source varchar not null, -- name of the source in the run file
    x_source_format varchar not null, -- name of the format that mapped it
    x_source_rank bigint not null, -- place of the source in the run file
    x_object_key varchar not null, -- object that held the line
    x_line bigint not null, -- line or row number inside the object, from 1
    x_repeats bigint not null, -- always 0: equal billing lines are real
    billing_account_id varchar, -- FOCUS BillingAccountId
    sub_account_id varchar, -- FOCUS SubAccountId: account, project or workspace
    sub_account_name varchar, -- FOCUS SubAccountName
    provider_name varchar, -- FOCUS ProviderName, as billed
    publisher_name varchar, -- FOCUS PublisherName
    invoice_issuer_name varchar, -- FOCUS InvoiceIssuerName
    invoice_id varchar, -- FOCUS InvoiceId
    service_category varchar, -- FOCUS ServiceCategory
    service_name varchar, -- FOCUS ServiceName
    service_subcategory varchar, -- FOCUS ServiceSubcategory
    charge_category varchar not null, -- FOCUS ChargeCategory: Usage, Purchase, Tax, Credit, Adjustment
    charge_class varchar, -- FOCUS ChargeClass: Correction or null
    charge_description varchar, -- FOCUS ChargeDescription
    charge_frequency varchar, -- FOCUS ChargeFrequency
    charge_period_start timestamp(6) with time zone not null, -- FOCUS ChargePeriodStart, UTC, inclusive
    charge_period_end timestamp(6) with time zone, -- FOCUS ChargePeriodEnd, UTC, exclusive
    billing_period_start timestamp(6) with time zone, -- FOCUS BillingPeriodStart, UTC
    billing_period_end timestamp(6) with time zone, -- FOCUS BillingPeriodEnd, UTC
    pricing_category varchar, -- FOCUS PricingCategory
    pricing_quantity decimal(38,12), -- FOCUS PricingQuantity
    pricing_unit varchar, -- FOCUS PricingUnit
    consumed_quantity decimal(38,12), -- FOCUS ConsumedQuantity
    consumed_unit varchar, -- FOCUS ConsumedUnit
    sku_id varchar, -- FOCUS SkuId
    sku_meter varchar, -- FOCUS SkuMeter
    sku_price_id varchar, -- FOCUS SkuPriceId
    sku_price_details varchar, -- FOCUS SkuPriceDetails, JSON text
    resource_id varchar, -- FOCUS ResourceId
    region_id varchar, -- FOCUS RegionId
    commitment_discount_id varchar, -- FOCUS CommitmentDiscountId
    commitment_discount_status varchar, -- FOCUS CommitmentDiscountStatus
    billed_cost decimal(38,12) not null, -- FOCUS BilledCost in billing_currency
    effective_cost decimal(38,12), -- FOCUS EffectiveCost in billing_currency
    list_cost decimal(38,12), -- FOCUS ListCost in billing_currency
    contracted_cost decimal(38,12), -- FOCUS ContractedCost in billing_currency
    billing_currency varchar not null, -- FOCUS BillingCurrency
    tags varchar, -- FOCUS Tags, JSON text
    x_model_raw varchar, -- model as billed; null when the line names none
    x_token_kind varchar, -- input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, request or other
    x_service_tier varchar, -- standard, batch, flex, priority or provisioned
    x_cost_basis varchar, -- billed, estimated or prepaid
    event_date date not null -- UTC day of the charge period's start
)
stored as parquet
partitioned by (event_date)
location 'trimtab-out/state/charges/';
