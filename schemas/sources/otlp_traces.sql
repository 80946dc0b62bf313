-- One OTLP-JSON document: the spans that an OpenTelemetry Collector (or a webhook that speaks OTLP) wrote at once.
--
-- docs:          https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
-- status:        documented
-- recognised_by: "resourceSpans" is not null
-- objects:       \.(jsonl?|ndjson)(\.(gz|zst))?$
-- skip:          (^|[/_-])(logs|metrics)_[^/]*$
create external table otlp_traces (
    -- attributes were tested on real spans of 20 traces of agent frameworks; the document around them is the
    -- specification's: no file of a Collector was at hand
    -- null in the lines of logs and metrics that a file exporter shared by all signals writes between the spans
    "resourceSpans" array<struct<
        resource struct<attributes map(varchar, varchar)>,
        "scopeSpans" array<struct<
            scope struct<name varchar, version varchar>,
            "schemaUrl" varchar, -- names the version of the conventions
            spans array<struct<
                "traceId" varchar, -- hex, in any case
                "spanId" varchar,
                "startTimeUnixNano" varchar, -- nanoseconds as text or number; text, so that a bad one costs one span
                "endTimeUnixNano" varchar,
                attributes map(varchar, varchar),
                status struct<code varchar>
            >>
        >>
    >>
)
stored as json
location 'sample_data/formats/otlp_traces/';
