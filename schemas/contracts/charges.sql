-- One row per billing line, with the names of FOCUS 1.2 in snake_case.
--
-- version:  2
-- day:      charge_period_start
-- identity: x_source + x_object_key + x_line + x_item | x_source + x_object_key + x_line
-- latest:   x_restated_at by x_restates
-- reject:   NO_COST: a billed line states its cost when billed_cost is null and coalesce(x_cost_basis, '') <> 'usage';
--           BAD_CATEGORY: ChargeCategory is none of the five of FOCUS when charge_category not in ('Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment');
--           BAD_TIME: ends before it starts when charge_period_end < charge_period_start
-- filled:   x_source, x_source_format, x_record_id, x_source_rank, x_repeats, event_date
create external table charges (
    x_record_id varchar not null, -- 32 hex digits
    x_source varchar not null, -- name of the source in the run file
    x_source_format varchar not null, -- name of the format that mapped it
    x_source_rank bigint not null, -- place of the source in the run file
    x_object_key varchar not null, -- object that held the line
    x_line bigint not null, -- line or row number inside the object, from 1
    x_item varchar, -- which line of the record, when one record holds several
    x_restates varchar, -- what the line's object states anew, such as a day of a project; null: lines only add up
    x_restated_at timestamp(6) with time zone, -- when it did; of one source, day and x_restates only the latest lines count
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
    billed_cost decimal(38,12), -- FOCUS BilledCost in billing_currency; null only where x_cost_basis is usage
    effective_cost decimal(38,12), -- FOCUS EffectiveCost in billing_currency
    list_cost decimal(38,12), -- FOCUS ListCost in billing_currency
    contracted_cost decimal(38,12), -- FOCUS ContractedCost in billing_currency
    billing_currency varchar not null, -- FOCUS BillingCurrency
    tags varchar, -- FOCUS Tags, JSON text
    x_model_raw varchar, -- model as billed; null when the line names none
    x_token_kind varchar, -- input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, storage (of a cache, by the hour), request or other; output includes reasoning unless the bill splits it
    x_service_tier varchar, -- standard, batch, flex, priority or provisioned
    x_cost_basis varchar, -- billed, estimated (computed by a gateway), prepaid or usage (counts without money)
    event_date date not null -- UTC day of the charge period's start
)
stored as parquet
partitioned by (event_date)
location 'trimtab-out/state/charges/';
