-- One page of OpenAI's organization usage API, as somebody saved it: counts by time bucket, without money.
--
-- docs:          https://platform.openai.com/docs/api-reference/usage
-- status:        documented
-- recognised_by: object = 'page' and array_any_match(
--                data, b -> coalesce(b['results'], b['result'])[1]['object'] like 'organization.usage.%')
-- objects:       \.(json|jsonl|ndjson)(\.(gz|zst))?$
create external table openai_usage (
    object varchar not null, -- page
    data array<struct<
        object varchar, -- bucket
        start_time bigint, -- seconds since 1970, UTC, inclusive
        end_time bigint, -- exclusive
        results array<struct<
            object varchar, -- organization.usage.<what>.result
            input_tokens bigint, -- completions: cached and written tokens included
            input_cached_tokens bigint,
            input_cache_write_tokens bigint, -- older pages lack it
            input_uncached_tokens bigint,
            output_tokens bigint, -- reasoning included, no split
            num_model_requests bigint,
            num_requests bigint, -- calls of web search and file search
            num_sessions bigint, -- code interpreter
            sessions bigint, -- the same, earlier name
            images bigint,
            characters bigint,
            seconds bigint,
            usage_bytes bigint,
            project_id varchar, -- this and what follows: null unless the pull grouped by it
            api_key_id varchar,
            model varchar,
            batch boolean,
            service_tier varchar
        >>,
        -- the other spelling in the vendor's client libraries
        result array<struct<
            object varchar,
            input_tokens bigint,
            input_cached_tokens bigint,
            input_cache_write_tokens bigint,
            input_uncached_tokens bigint,
            output_tokens bigint,
            num_model_requests bigint,
            num_requests bigint,
            num_sessions bigint,
            sessions bigint,
            images bigint,
            characters bigint,
            seconds bigint,
            usage_bytes bigint,
            project_id varchar,
            api_key_id varchar,
            model varchar,
            batch boolean,
            service_tier varchar
        >>
    >> not null
)
stored as json
location 'sample_data/formats/openai_usage/';
