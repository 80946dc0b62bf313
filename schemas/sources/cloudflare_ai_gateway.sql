-- One page of the Logs API of Cloudflare's AI Gateway, as somebody archived it: a list of calls.
--
-- docs:          https://developers.cloudflare.com/api/resources/ai_gateway/subresources/logs/methods/list
-- status:        documented
-- recognised_by: result[1]['provider'] is not null and result[1]['created_at'] is not null
--                and result[1]['tokens_in'] is not null
-- objects:       \.(json|jsonl|ndjson)(\.(gz|zst))?$
create external table cloudflare_ai_gateway (
    success boolean, -- of the page
    result array<struct<
        id varchar,
        created_at timestamp with time zone,
        provider varchar,
        model varchar,
        path varchar, -- chat/completions, v1/messages, ...
        response_content_type varchar,
        status_code bigint,
        success boolean,
        cached boolean, -- the gateway's own cache, not the provider's
        duration bigint, -- milliseconds
        tokens_in bigint, -- no split of cached input
        tokens_out bigint, -- no split of reasoning
        cost decimal(38,12), -- the gateway's own calculation, USD
        metadata map(varchar, varchar), -- JSON text in the API
        step bigint -- fallback step that served, from 0
    >>
)
stored as json
location 'sample_data/formats/cloudflare_ai_gateway/';
