-- One OTLP-JSON document: the metrics that an OpenTelemetry Collector wrote at once.
--
-- docs:          https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
-- status:        documented
-- recognised_by: "resourceMetrics" is not null
-- objects:       \.(jsonl?|ndjson)(\.(gz|zst))?$
-- skip:          (^|[/_-])(traces|logs)_[^/]*$
-- unusable:      Metrics are histograms over many calls and name no single one; let the same Collector write traces or
--                logs and read these as otlp_traces or otlp_logs.
create external table otlp_metrics (
    "resourceMetrics" array<struct<"scopeMetrics" json>>
)
stored as json
location 'sample_data/formats/otlp_metrics/';
