-- One row per charge of the open and the previous billing month, in the columns of FOCUS 1.4 Cost and Usage.
--
-- version: 1
-- window:  open and previous billing month
-- grain:   x_ChargeKey
create external table focus_1_4 (
    "BilledCost" decimal(38,12) not null, -- USD; all lines of a day that a bill covers add up to what it asks for
    "BillingAccountId" varchar not null, -- as billed; the provider where no bill names one
    "BillingAccountName" varchar not null, -- as BillingAccountId: the name is not known
    "BillingCurrency" varchar not null, -- USD
    "BillingPeriodEnd" timestamp(6) with time zone not null, -- as billed, else first instant of the next month, UTC
    "BillingPeriodStart" timestamp(6) with time zone not null, -- as billed, else first instant of the month, UTC
    "ChargeCategory" varchar not null, -- Usage, Purchase, Adjustment, Credit or Tax
    "ChargeClass" varchar, -- as billed: Correction; null on lines of usage, whose restated day replaces them
    "ChargeDescription" varchar, -- as billed; on other lines model and token kind, or term of the bridge
    "ChargeFrequency" varchar not null, -- as billed, else Usage-Based or One-Time
    "ChargePeriodEnd" timestamp(6) with time zone not null, -- as billed, else next midnight, UTC
    "ChargePeriodStart" timestamp(6) with time zone not null, -- as billed, else midnight, UTC
    "ConsumedQuantity" decimal(38,12), -- tokens, or as billed; 1 for a charge of usage that counts nothing; null beyond usage
    "ConsumedUnit" varchar, -- Tokens, as billed, or Charges where nothing is counted
    "ContractedCost" decimal(38,12) not null, -- after discounts, which are lines of their own with a list cost of 0; what commitments amortise of usage, and timing, are 0 here
    "ContractedUnitPrice" decimal(18,6), -- as ListUnitPrice
    "EffectiveCost" decimal(38,12) not null, -- with what commitments amortise, without what is booked at another time
    "HostProviderName" varchar, -- unknown
    "InvoiceIssuerName" varchar not null, -- who bills
    "ListCost" decimal(38,12) not null, -- tokens at the list price of their day, or as billed
    "ListUnitPrice" decimal(18,6), -- USD per million tokens
    "PricingCategory" varchar, -- Standard where a unit price stands, or as billed
    "PricingQuantity" decimal(38,12), -- millions of tokens, or as billed
    "PricingUnit" varchar, -- 1000000 Tokens, or as billed
    "RegionId" varchar, -- region class of the price, or as billed; null where it is global
    "RegionName" varchar, -- as RegionId
    "ServiceCategory" varchar not null, -- as billed, else AI and Machine Learning
    "ServiceName" varchar not null, -- as billed, else provider as the catalog names it
    "ServiceProviderName" varchar not null, -- who sells, as the bill calls it
    "ServiceSubcategory" varchar not null, -- as billed, else Generative AI
    "SkuId" varchar, -- model/kind, or as billed
    "SkuMeter" varchar, -- token kind in words, or as billed
    "SkuPriceDetails" varchar, -- JSON: x_Model, x_TokenType, x_ServiceTier, x_AbovePromptTokens; null on billed lines, whose unit price is not kept
    "SkuPriceId" varchar, -- model/kind/tier/region/band; null on billed lines, whose unit price is not kept
    "SubAccountId" varchar, -- account, project or workspace
    "SubAccountName" varchar, -- as billed, else as SubAccountId
    "Tags" varchar, -- JSON: workload, team, environment; or as billed
    "x_BillRecordId" varchar, -- x_record_id of the line in charges; null for what requests explain
    "x_BridgeTerm" varchar not null, -- calculated for priced usage, else the term of the bridge that the line is part of; a purchase is commitment, though reconciliation shows what is booked at another time as timing
    "x_ChargeKey" varchar not null, -- what makes the line one of its own, stable over nights; bill/ and the record of a billed line
    "x_CommitmentDiscountId" varchar, -- commitment of the billed line
    "x_InvoiceId" varchar, -- invoice as billed; null on lines of calls
    "x_IsBilled" boolean not null, -- a bill covers the provider's day; false: usage at list price that no bill was read for, so it may stand on a bill elsewhere
    "x_Workload" varchar -- workload; null for what only the bill knows, unlogged usage included
)
stored as parquet
location 'trimtab-out/focus_1_4/';
