-- One call through Cloudflare's AI Gateway, as Logpush writes it: bodies and metadata are encrypted.
--
-- docs:          https://developers.cloudflare.com/ai-gateway/observability/logging/logpush/
-- status:        documented
-- recognised_by: "Gateway" is not null and "Endpoint" is not null
--                and regexp_like("Metadata", '"type"\s*:\s*"encrypted"')
-- objects:       \.(log|json|jsonl)(\.(gz|zst))?$
-- unusable:      tokens stand only inside the encrypted bodies, no time is in clear; use pages of the gateway's Logs
--                API (cloudflare_ai_gateway), or decrypt the bodies and log them as openai_envelope or
--                anthropic_envelope
create external table cloudflare_logpush (
    "Gateway" varchar,
    "Endpoint" varchar,
    "Provider" varchar,
    "Model" varchar,
    "Cached" boolean,
    "RateLimited" boolean,
    "StatusCode" bigint,
    "Metadata" json -- {type, key, iv, data}
)
stored as json
location 'sample_data/formats/cloudflare_logpush/';
