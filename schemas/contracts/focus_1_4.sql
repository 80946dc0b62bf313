-- One row per charge of the open and the previous billing month, in the columns of FOCUS 1.4 Cost and Usage.
--
-- version: 1
-- window:  open and previous billing month
-- grain:   x_ChargeKey
create external table focus_1_4 (
    "BilledCost" decimal(38,12) not null, -- USD; all lines of a day that a bill covers add up to what it asks for
    "BillingAccountId" varchar not null, -- account of the bill; the provider where no bill names one
    "BillingAccountName" varchar not null, -- as BillingAccountId: the name is not known
    "BillingCurrency" varchar not null, -- USD
    "BillingPeriodEnd" timestamp(6) with time zone not null, -- first instant of the next month, UTC
    "BillingPeriodStart" timestamp(6) with time zone not null, -- first instant of the month, UTC
    "ChargeCategory" varchar not null, -- Usage, Adjustment, Credit or Tax
    "ChargeClass" varchar, -- always null: a restated day replaces its lines
    "ChargeDescription" varchar, -- model and token kind, or term of the bridge
    "ChargeFrequency" varchar not null, -- Usage-Based or One-Time
    "ChargePeriodEnd" timestamp(6) with time zone not null, -- next midnight, UTC
    "ChargePeriodStart" timestamp(6) with time zone not null, -- midnight, UTC
    "ConsumedQuantity" decimal(38,12), -- tokens; 1 for a charge of usage that counts none; null beyond usage
    "ConsumedUnit" varchar, -- Tokens, or Charges where no tokens are counted
    "ContractedCost" decimal(38,12) not null, -- after discounts, which are lines of their own with a list cost of 0; commitments and timing are 0 here
    "ContractedUnitPrice" decimal(18,6), -- as ListUnitPrice
    "EffectiveCost" decimal(38,12) not null, -- with what commitments amortise, without what is booked at another time
    "HostProviderName" varchar, -- unknown
    "InvoiceIssuerName" varchar not null, -- who bills
    "ListCost" decimal(38,12) not null, -- tokens at the list price of their day
    "ListUnitPrice" decimal(18,6), -- USD per million tokens
    "PricingCategory" varchar, -- Standard where a unit price stands
    "PricingQuantity" decimal(38,12), -- millions of tokens
    "PricingUnit" varchar, -- 1000000 Tokens
    "RegionId" varchar, -- region class of the price; null where it is global
    "RegionName" varchar, -- as RegionId
    "ServiceCategory" varchar not null, -- AI and Machine Learning
    "ServiceName" varchar not null, -- provider as the catalog names it
    "ServiceProviderName" varchar not null, -- who sells, as the bill calls it
    "ServiceSubcategory" varchar not null, -- Generative AI
    "SkuId" varchar, -- model/kind
    "SkuMeter" varchar, -- token kind in words
    "SkuPriceDetails" varchar, -- JSON: x_Model, x_TokenType, x_ServiceTier, x_AbovePromptTokens
    "SkuPriceId" varchar, -- model/kind/tier/region/band
    "SubAccountId" varchar, -- account, project or workspace
    "SubAccountName" varchar, -- as SubAccountId: the name is not known
    "Tags" varchar, -- JSON: workload, team, environment
    "x_BridgeTerm" varchar not null, -- calculated for priced usage, else the term of the bridge that only the bill knows
    "x_ChargeKey" varchar not null, -- what makes the line one of its own, stable over nights
    "x_Workload" varchar -- workload; null for what only the bill knows
)
stored as parquet
location 'trimtab-out/focus_1_4/';
