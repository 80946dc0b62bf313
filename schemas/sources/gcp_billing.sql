-- One row of Cloud Billing's standard or detailed usage cost table, exported from BigQuery as JSON lines or Parquet.
--
-- The table only grows: late rows and corrections are further rows. The bucket has to hold each row once.
-- docs:          https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/detailed-usage
-- status:        documented
-- recognised_by: service['id'] is not null and sku['id'] is not null and billing_account_id is not null
-- objects:       \.(json|jsonl|ndjson|parquet)(\.(gz|zst))?$|/[0-9]{12}$
create external table gcp_billing (
    billing_account_id varchar,
    service struct<id varchar, description varchar>,
    sku struct<id varchar, description varchar>,
    usage_start_time timestamp with time zone not null, -- an hour
    usage_end_time timestamp with time zone,
    project struct<id varchar, "number" varchar, name varchar>,
    labels array<struct<"key" varchar, value varchar>>,
    location struct<location varchar, country varchar, region varchar>,
    resource struct<name varchar, global_name varchar>, -- detailed export only
    transaction_type varchar, -- GOOGLE, THIRD_PARTY_RESELLER, THIRD_PARTY_AGENCY
    seller_name varchar,
    export_time timestamp with time zone,
    cost decimal(38,12) not null, -- before credits, in currency
    cost_at_list decimal(38,12),
    currency varchar not null,
    usage struct<
        amount decimal(38,12),
        unit varchar, -- says requests or count where tokens are counted
        amount_in_pricing_units decimal(38,12),
        pricing_unit varchar
    >,
    credits array<struct<
        id varchar,
        name varchar,
        full_name varchar,
        type varchar,
        amount decimal(38,12)
    >>,
    invoice struct<month varchar>, -- YYYYMM, not always the month of the usage
    cost_type varchar not null, -- regular, tax, adjustment, rounding_error
    adjustment_info struct<id varchar, description varchar, mode varchar, type varchar>
)
stored as json
location 'sample_data/formats/gcp_billing/';
