-- One row of LiteLLM's daily tables of users or teams, dumped: what a key spent on a day with a model.
--
-- Rows grow all day. The tables (users, teams, organizations, end users, tags) state the same calls again and again:
-- give a source the dumps of ONE table. Tags are always left out: a call with two tags is in two rows.
--
-- docs:          https://docs.litellm.ai/docs/proxy/cost_tracking
-- status:        documented
-- recognised_by: api_requests is not null and spend is not null and "date" is not null and api_key is not null
-- objects:       \.(csv|parquet|jsonl?|ndjson)(\.(gz|zst))?$
-- skip:          (?i)spend_?logs|daily_?(tag|end_?user|organization|org|agent)_?(usage|spend|activity)
create external table litellm_daily_spend (
    id varchar, -- unique, kept while the row grows
    user_id varchar, -- of the users' table; never selected
    team_id varchar, -- of the teams' table
    tag varchar, -- of the tags' table only
    "date" date not null, -- day of the calls' start, UTC
    api_key varchar not null, -- hash of the key
    model varchar, -- may be prefixed by the provider, such as bedrock/...
    model_group varchar, -- alias that the clients asked for
    custom_llm_provider varchar,
    mcp_namespaced_tool_name varchar,
    endpoint varchar,
    prompt_tokens bigint, -- cached input included
    completion_tokens bigint,
    cache_read_input_tokens bigint,
    cache_creation_input_tokens bigint,
    spend decimal(38,12), -- LiteLLM's own calculation, USD
    api_requests bigint
)
stored as csv
location 'sample_data/formats/litellm_daily_spend/';
