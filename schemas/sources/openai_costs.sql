-- One page of OpenAI's organization costs API, as somebody saved it: amounts by day.
--
-- docs:          https://platform.openai.com/docs/api-reference/usage/costs
-- status:        documented
-- recognised_by: object = 'page' and array_any_match(
--                data, b -> coalesce(b['results'], b['result'])[1]['object'] = 'organization.costs.result')
-- objects:       \.(json|jsonl|ndjson)(\.(gz|zst))?$
create external table openai_costs (
    object varchar not null, -- page
    data array<struct<
        object varchar, -- bucket
        start_time bigint, -- seconds since 1970, UTC, inclusive
        end_time bigint, -- exclusive
        results array<struct<
            object varchar, -- organization.costs.result
            amount struct<value decimal(38,12), currency varchar>, -- dollars; the currency in lower case
            line_item varchar, -- this and what follows: null unless the pull grouped by it
            project_id varchar,
            api_key_id varchar,
            quantity decimal(38,12), -- newer pages
            quantity_unit varchar -- tokens, 1000_tokens, duration_*, gibibyte_hours, images, characters
        >>,
        -- the other spelling in the vendor's client libraries
        result array<struct<
            object varchar,
            amount struct<value decimal(38,12), currency varchar>,
            line_item varchar,
            project_id varchar,
            api_key_id varchar,
            quantity decimal(38,12),
            quantity_unit varchar
        >>
    >> not null
)
stored as json
location 'sample_data/formats/openai_costs/';
