-- One OTLP-JSON document: the log records, events among them, that an OpenTelemetry Collector wrote at once.
--
-- docs:          https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-events/
-- status:        documented
-- recognised_by: "resourceLogs" is not null
-- objects:       \.(jsonl?|ndjson)(\.(gz|zst))?$
-- skip:          (^|[/_-])(traces|metrics)_[^/]*$
create external table otlp_logs (
    -- null in the lines of spans and metrics that a file exporter shared by all signals writes between the logs
    "resourceLogs" array<struct<
        resource struct<attributes map(varchar, varchar)>,
        "scopeLogs" array<struct<
            scope struct<name varchar, version varchar>,
            "schemaUrl" varchar, -- names the version of the conventions
            "logRecords" array<struct<
                "timeUnixNano" varchar, -- nanoseconds as text or number; text, so that a bad one costs one record
                "observedTimeUnixNano" varchar,
                "eventName" varchar, -- older SDKs write the attribute event.name
                body json, -- any value: asked for the name of an event, never selected
                attributes map(varchar, varchar),
                "traceId" varchar, -- hex, in any case; empty when logged outside a span
                "spanId" varchar
            >>
        >>
    >>
)
stored as json
location 'sample_data/formats/otlp_logs/';
