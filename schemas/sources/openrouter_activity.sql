-- One answer of OpenRouter's activity API, as somebody saved it: what each endpoint served on each completed UTC day.
--
-- docs:          https://openrouter.ai/docs/api/api-reference/analytics/get-user-activity
-- status:        documented
-- recognised_by: data[1]['model_permaslug'] is not null and data[1]['byok_usage_inference'] is not null
-- objects:       \.(json|jsonl|ndjson)(\.(gz|zst))?$
create external table openrouter_activity (
    data array<struct<
        date date,
        model varchar, -- alias
        model_permaslug varchar, -- dated slug
        endpoint_id varchar,
        provider_name varchar, -- who served
        usage decimal(38,12), -- credits: 1 is 1 USD; without byok_usage_inference
        byok_usage_inference decimal(38,12), -- what the caller's own key paid to the provider
        requests bigint,
        prompt_tokens bigint, -- no split of cached ones
        completion_tokens bigint, -- reasoning included
        reasoning_tokens bigint
    >> not null
)
stored as json
location 'sample_data/formats/openrouter_activity/';
