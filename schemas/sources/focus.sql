-- One charge of a FOCUS Cost and Usage table (1.0 to 1.4), as CSV or Parquet, with the x_ columns of AWS and Azure.
--
-- docs:          https://focus.finops.org/focus-specification/v1-2/
-- status:        real
-- recognised_by: "ChargeCategory" in ('Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment')
--                and "ServiceCategory" is not null and ("SkuId" <> '' or coalesce("ConsumedUnit", '') <> 'Requests')
-- objects:       \.(csv|parquet)(\.(gz|zst))?$
-- skip:          (^|/)metadata/|[Mm]anifest\.json$|(?i:contract_commitment)
-- snapshot:      ^(?<export>.*?)(?:data/)?(?<period>\d{8}-\d{8}|(?i:BILLING_PERIOD)=[^/]+)/(?:(?<version>[^/]+)/)?([^/]+/)?[^/]+$
-- manifest:      ^(?<export>.*?)(?:metadata/)?(?<period>\d{8}-\d{8}|(?i:BILLING_PERIOD)=[^/]+)/(?:(?<version>[^/]+)/)?([^/]+/)?[^/]*[Mm]anifest\.json$ -> blobs.blobName | dataFiles
create external table focus (
    "BillingAccountId" varchar,
    "SubAccountId" varchar,
    "SubAccountName" varchar,
    "ProviderName" varchar, -- up to 1.3
    "ServiceProviderName" varchar, -- since 1.3
    "PublisherName" varchar, -- up to 1.3
    "InvoiceIssuerName" varchar,
    "InvoiceId" varchar, -- since 1.2
    "ServiceCategory" varchar,
    "ServiceName" varchar,
    "ServiceSubcategory" varchar, -- since 1.1
    "ChargeCategory" varchar not null,
    "ChargeClass" varchar,
    "ChargeDescription" varchar,
    "ChargeFrequency" varchar,
    "ChargePeriodStart" timestamp with time zone not null,
    "ChargePeriodEnd" timestamp with time zone,
    "BillingPeriodStart" timestamp with time zone,
    "BillingPeriodEnd" timestamp with time zone,
    "PricingCategory" varchar,
    "PricingQuantity" decimal(38,12),
    "PricingUnit" varchar,
    "ConsumedQuantity" decimal(38,12),
    "ConsumedUnit" varchar,
    "SkuId" varchar,
    "SkuMeter" varchar, -- since 1.1
    "SkuPriceId" varchar,
    "SkuPriceDetails" varchar, -- since 1.1; JSON text, or a Parquet map
    "ResourceId" varchar,
    "RegionId" varchar,
    "CommitmentDiscountId" varchar,
    "CommitmentDiscountStatus" varchar,
    "BilledCost" decimal(38,12) not null,
    "EffectiveCost" decimal(38,12),
    "ListCost" decimal(38,12),
    "ContractedCost" decimal(38,12),
    "BillingCurrency" varchar not null,
    "Tags" varchar, -- JSON text, or a Parquet map
    "x_UsageType" varchar, -- AWS
    "x_PricingBlockSize" decimal(38,12) -- Azure: units in one pricing unit
)
stored as csv
options ('format.null_value' 'NULL')
location 'sample_data/formats/focus/';
