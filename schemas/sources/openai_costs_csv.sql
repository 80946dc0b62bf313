-- One row of the cost CSV of OpenAI's dashboard: one line item of one day, or a day without cost.
--
-- docs:          https://help.openai.com/en/articles/10478918-api-usage-dashboard
-- status:        unverified
-- recognised_by: start_time is not null and regexp_like(_object_key, '\.csv(\.(gz|zst))?$')
--                and (amount_value is not null or regexp_like(_object_key, '(^|/)cost_[^/]*$'))
-- objects:       \.csv(\.(gz|zst))?$
-- skip:          _usage_[^/]*\.csv(\.(gz|zst))?$
create external table openai_costs_csv (
    start_time bigint not null, -- seconds since 1970, UTC; the ISO columns change their form between files
    end_time bigint,
    amount_value decimal(38,12), -- written with 30 decimals: rounded on reading
    amount_currency varchar, -- lower case
    quantity decimal(38,12), -- newer files
    quantity_unit varchar,
    line_item varchar, -- empty in an ungrouped file
    api_key_id varchar,
    project_id varchar,
    organization_id varchar,
    project_name varchar -- user_id and user_email beside it are persons: not read
)
stored as csv
location 'sample_data/formats/openai_costs_csv/';
