-- One row of LiteLLM's FOCUS export: what a key spent on a day with a model, sent again each time it grew.
--
-- docs:          https://docs.litellm.ai/docs/observability/focus
-- status:        documented
-- recognised_by: "BillingAccountType" = 'API Key' and "ChargeFrequency" = 'Usage-Based'
-- objects:       (^|/)usage[-_][^/]*\.(parquet|csv)(\.(gz|zst))?$
create external table litellm_focus (
    "BilledCost" decimal(38,12) not null, -- LiteLLM's own calculation, no bill
    "BillingAccountId" varchar, -- hash of the key
    "BillingAccountName" varchar, -- alias of the key
    "BillingAccountType" varchar, -- API Key
    "BillingCurrency" varchar not null,
    "BillingPeriodStart" timestamp with time zone, -- the day
    "BillingPeriodEnd" timestamp with time zone,
    "ChargeCategory" varchar not null,
    "ChargeDescription" varchar, -- model
    "ChargeFrequency" varchar,
    "ChargePeriodStart" timestamp with time zone not null,
    "ChargePeriodEnd" timestamp with time zone,
    "ConsumedQuantity" decimal(38,12),
    "ConsumedUnit" varchar, -- Requests; token where the export breaks calls down by kind
    "EffectiveCost" decimal(38,12),
    "ListCost" decimal(38,12),
    "ContractedCost" decimal(38,12),
    "InvoiceIssuerName" varchar, -- provider
    "PricingQuantity" decimal(38,12),
    "PricingUnit" varchar,
    "ProviderName" varchar,
    "PublisherName" varchar,
    "ServiceCategory" varchar,
    "ServiceSubcategory" varchar, -- Generative AI, or the kind of token
    "ServiceName" varchar, -- alias that the clients asked for
    "SubAccountId" varchar, -- team
    "SubAccountName" varchar,
    "Tags" map(varchar, varchar) -- holds users and their addresses: only known keys are read
)
stored as csv
location 'sample_data/formats/litellm_focus/';
