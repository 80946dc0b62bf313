-- One request through Kong's gateway, as any of its log plugins writes it; the plugins that call a model write their
-- part below `ai`. Their `cost` is in whatever currency the operator typed prices, so it is not read.
--
-- docs:          https://developer.konghq.com/ai-gateway/ai-audit-log-reference/
-- status:        documented
-- recognised_by: started_at is not null and coalesce(
--                ai['proxy']['meta']['plugin_id'], ai['ai-proxy']['meta']['plugin_id'],
--                ai['ai-proxy-advanced']['meta']['plugin_id'], ai['ai-request-transformer']['meta']['plugin_id'],
--                ai['ai-response-transformer']['meta']['plugin_id']) is not null
-- objects:       \.(log|jsonl|ndjson|json)(\.(gz|zst))?$
create external table kong (
    started_at bigint not null, -- milliseconds since 1970
    request struct<id varchar, headers map(varchar, varchar)>,
    response struct<status bigint>,
    latencies struct<request bigint>, -- milliseconds
    consumer struct<username varchar>,
    service struct<name varchar>,
    route struct<name varchar>,
    ai struct<
        proxy struct<
            usage struct<
                prompt_tokens bigint,
                prompt_token bigint, -- spelling of older releases
                completion_tokens bigint,
                completion_token bigint,
                total_tokens bigint,
                prompt_tokens_details struct<cached_tokens bigint, audio_tokens bigint>,
                completion_tokens_details struct<reasoning_tokens bigint, audio_tokens bigint>,
                time_to_first_token double -- milliseconds
            >,
            meta struct<
                request_model varchar,
                response_model varchar,
                provider_name varchar,
                plugin_id varchar,
                llm_latency bigint, -- milliseconds; absent on answers of the cache
                request_mode varchar -- oneshot, stream or realtime
            >,
            cache struct<cache_status varchar>
        >,
        -- older releases: by the name of the plugin
        "ai-proxy" struct<
            usage struct<
                prompt_tokens bigint,
                prompt_token bigint,
                completion_tokens bigint,
                completion_token bigint,
                total_tokens bigint,
                prompt_tokens_details struct<cached_tokens bigint, audio_tokens bigint>,
                completion_tokens_details struct<reasoning_tokens bigint, audio_tokens bigint>,
                time_to_first_token double
            >,
            meta struct<
                request_model varchar,
                response_model varchar,
                provider_name varchar,
                plugin_id varchar,
                llm_latency bigint,
                request_mode varchar
            >,
            cache struct<cache_status varchar>
        >,
        "ai-proxy-advanced" struct<
            usage struct<
                prompt_tokens bigint,
                prompt_token bigint,
                completion_tokens bigint,
                completion_token bigint,
                total_tokens bigint,
                prompt_tokens_details struct<cached_tokens bigint, audio_tokens bigint>,
                completion_tokens_details struct<reasoning_tokens bigint, audio_tokens bigint>,
                time_to_first_token double
            >,
            meta struct<
                request_model varchar,
                response_model varchar,
                provider_name varchar,
                plugin_id varchar,
                llm_latency bigint,
                request_mode varchar
            >,
            cache struct<cache_status varchar>
        >,
        "ai-request-transformer" struct<
            usage struct<
                prompt_tokens bigint,
                prompt_token bigint,
                completion_tokens bigint,
                completion_token bigint,
                total_tokens bigint,
                prompt_tokens_details struct<cached_tokens bigint, audio_tokens bigint>,
                completion_tokens_details struct<reasoning_tokens bigint, audio_tokens bigint>,
                time_to_first_token double
            >,
            meta struct<
                request_model varchar,
                response_model varchar,
                provider_name varchar,
                plugin_id varchar,
                llm_latency bigint,
                request_mode varchar
            >,
            cache struct<cache_status varchar>
        >,
        "ai-response-transformer" struct<
            usage struct<
                prompt_tokens bigint,
                prompt_token bigint,
                completion_tokens bigint,
                completion_token bigint,
                total_tokens bigint,
                prompt_tokens_details struct<cached_tokens bigint, audio_tokens bigint>,
                completion_tokens_details struct<reasoning_tokens bigint, audio_tokens bigint>,
                time_to_first_token double
            >,
            meta struct<
                request_model varchar,
                response_model varchar,
                provider_name varchar,
                plugin_id varchar,
                llm_latency bigint,
                request_mode varchar
            >,
            cache struct<cache_status varchar>
        >
    >
)
stored as json
location 'sample_data/formats/kong/';
