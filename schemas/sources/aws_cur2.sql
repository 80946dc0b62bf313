-- One line item of an AWS Data Exports CUR 2.0 table, as Parquet or CSV.
--
-- docs:          https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html
-- status:        documented
-- recognised_by: line_item_line_item_type is not null and bill_payer_account_id is not null
-- objects:       \.(csv|parquet)(\.(gz|zst))?$
-- skip:          (^|/)metadata/|[Mm]anifest\.json$
-- snapshot:      ^(?<export>.*?)(?:data/)?(?i:BILLING_PERIOD)=(?<period>[0-9-]+)/(?:(?<version>[^/]+)/)?[^/]+$
-- manifest:      ^(?<export>.*?)(?:metadata/)?(?i:BILLING_PERIOD)=(?<period>[0-9-]+)/(?:(?<version>[^/]+)/)?[^/]*Manifest\.json$ -> dataFiles
create external table aws_cur2 (
    identity_line_item_id varchar, -- unique inside one delivery only
    bill_billing_entity varchar, -- AWS or AWS Marketplace
    bill_billing_period_start_date timestamp with time zone,
    bill_billing_period_end_date timestamp with time zone,
    bill_invoice_id varchar, -- empty until the month is closed
    bill_payer_account_id varchar,
    line_item_currency_code varchar not null,
    line_item_legal_entity varchar,
    line_item_line_item_description varchar,
    line_item_line_item_type varchar not null,
    line_item_product_code varchar, -- an opaque code on marketplace lines
    line_item_resource_id varchar,
    line_item_unblended_cost decimal(38,12) not null,
    line_item_net_unblended_cost decimal(38,12), -- after discounts; only where there are some
    line_item_usage_account_id varchar,
    line_item_usage_account_name varchar,
    line_item_usage_amount decimal(38,12), -- in pricing_unit
    line_item_usage_start_date timestamp with time zone not null,
    line_item_usage_end_date timestamp with time zone,
    line_item_usage_type varchar,
    pricing_public_on_demand_cost decimal(38,12), -- list price
    pricing_rate_id varchar,
    pricing_term varchar,
    pricing_unit varchar,
    product map(varchar, varchar), -- servicename or product_name, model, inference_type, ...
    product_region_code varchar,
    product_sku varchar,
    product_servicecode varchar,
    resource_tags varchar -- JSON text, or a Parquet map
)
stored as csv
location 'sample_data/formats/aws_cur2/';
