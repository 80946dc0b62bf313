-- One row of Helicone's ClickHouse table request_response_rmt, dumped as JSON lines (JSONEachRow).
--
-- docs:          https://github.com/Helicone/helicone/tree/main/clickhouse/migrations
-- status:        documented
-- recognised_by: request_id is not null and request_created_at is not null and updated_at is not null
--                and organization_id is not null
-- objects:       \.(jsonl|ndjson|json)(\.(gz|zst))?$
create external table helicone (
    request_id varchar not null,
    request_created_at timestamp with time zone not null,
    response_created_at timestamp with time zone,
    updated_at timestamp with time zone, -- the table keeps the latest, a dump without FINAL holds the earlier ones too
    organization_id varchar,
    latency bigint, -- milliseconds
    time_to_first_token bigint, -- milliseconds
    status bigint, -- HTTP status; negative values are not documented
    prompt_tokens bigint, -- without cached ones
    prompt_cache_read_tokens bigint, -- 0 when unknown
    prompt_cache_write_tokens bigint,
    prompt_audio_tokens bigint,
    completion_tokens bigint,
    completion_audio_tokens bigint,
    model varchar,
    provider varchar, -- OPENAI, ANTHROPIC, ...
    user_id varchar,
    target_url varchar,
    properties map(varchar, varchar),
    prompt_id varchar, -- this and the next in later versions
    prompt_version varchar,
    cache_reference_id varchar, -- request whose answer Helicone's own cache gave again; zeros when none
    request_body json, -- searched for a few keys, never selected
    response_body json,
    cost bigint -- USD in units of 0.000000001
)
stored as json
location 'sample_data/formats/helicone/';
