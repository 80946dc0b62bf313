-- One line of an Azure Cost Management export of actual cost (EA, MCA and pay-as-you-go), as CSV or Parquet.
--
-- Header case differs by agreement (`Date`, `date`); names are matched without case.
-- docs:          https://learn.microsoft.com/azure/cost-management-billing/automate/understand-usage-details-fields
-- status:        documented
-- recognised_by: "UnitOfMeasure" is not null and "ChargeType" is not null and "Date" is not null
-- objects:       \.(csv|parquet)(\.(gz|zst))?$
-- skip:          (^|/)manifest\.json$
-- snapshot:      ^(?<export>.*?)(?<period>\d{8}-\d{8})/(?<version>\d{12})/[^/]+/[^/]+$
-- manifest:      ^(?<export>.*?)(?<period>\d{8}-\d{8})/(?<version>\d{12})/[^/]+/manifest\.json$ -> blobs.blobName
create external table azure_actual_cost (
    "InvoiceId" varchar, -- MCA
    "BillingAccountId" varchar,
    "BillingProfileId" varchar,
    "BillingPeriodStartDate" varchar, -- MM/DD/YYYY
    "BillingPeriodEndDate" varchar, -- MM/DD/YYYY, the last day of the period
    "SubscriptionId" varchar,
    "SubscriptionName" varchar,
    "Date" varchar not null, -- MM/DD/YYYY, a UTC day
    "Product" varchar,
    "ProductName" varchar, -- newer EA files
    "PartNumber" varchar,
    "MeterId" varchar,
    "MeterCategory" varchar,
    "MeterName" varchar,
    "Quantity" decimal(38,12), -- in UnitOfMeasure
    "UnitOfMeasure" varchar, -- such as 1K, 1M, 1 Hour
    "Cost" decimal(38,12), -- older EA files, pay-as-you-go
    "CostInBillingCurrency" decimal(38,12), -- newer EA files, MCA
    "BillingCurrency" varchar,
    "BillingCurrencyCode" varchar, -- older files
    "PricingCurrency" varchar, -- MCA
    "PayGPrice" decimal(38,12), -- list price of one UnitOfMeasure, in the pricing currency
    "PaygCostInBillingCurrency" decimal(38,12), -- MCA: list cost
    "PricingModel" varchar, -- OnDemand, Reservation, SavingsPlan, Spot
    "ChargeType" varchar not null, -- Usage, Purchase, Refund, Tax, UnusedReservation, ...
    "Frequency" varchar, -- UsageBased, OneTime, Recurring
    "PublisherName" varchar,
    "PublisherType" varchar, -- Azure (or Microsoft), Marketplace
    "ResourceLocation" varchar,
    "ResourceId" varchar, -- the Azure OpenAI account, never the deployment
    "ReservationId" varchar,
    "BenefitId" varchar,
    "Tags" varchar -- EA: pairs of key and value without the braces
)
stored as csv
location 'sample_data/formats/azure_actual_cost/';
