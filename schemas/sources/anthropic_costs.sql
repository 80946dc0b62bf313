-- One page of Anthropic's cost report, as somebody saved it: amounts by day.
--
-- docs:          https://docs.anthropic.com/en/api/admin-api/usage-cost/get-cost-report
-- status:        documented
-- recognised_by: array_any_match(data, b -> b['starting_at'] is not null and b['results'][1]['amount'] is not null
--                and b['results'][1]['currency'] is not null)
-- objects:       \.(json|jsonl|ndjson)(\.(gz|zst))?$
create external table anthropic_costs (
    data array<struct<
        starting_at timestamp with time zone, -- inclusive
        ending_at timestamp with time zone, -- exclusive
        results array<struct<
            amount decimal(38,12), -- text, in CENTS
            currency varchar,
            workspace_id varchar, -- grouped and null: the default workspace
            description varchar, -- this and what follows: null unless the pull grouped by description
            cost_type varchar, -- tokens, web_search, code_execution
            token_type varchar,
            model varchar,
            service_tier varchar,
            inference_geo varchar -- `us` and `global` have prices of their own
        >>
    >> not null
)
stored as json
location 'sample_data/formats/anthropic_costs/';
