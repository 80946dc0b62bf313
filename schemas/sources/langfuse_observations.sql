-- One observation of a Langfuse export to object storage (tables observations and observations_v2), or one trace as
-- Langfuse's own download writes it: a document with the trace and all its observations.
--
-- The documents were tested on real ones; the layout of the export comes from the exporter's source. The table `traces`
-- has the trace's name, tags and user, but in objects of its own, which a mapping does not see beside the observations:
-- only observations_v2 (trace_name, tags, user_id, session_id) and the documents bring them.
--
-- docs:          https://langfuse.com/docs/api-and-data-platform/features/export-to-blob-storage
-- status:        real
-- recognised_by: (trace_id is not null and usage_details is not null and type in ('GENERATION', 'SPAN', 'EVENT',
--                'AGENT', 'TOOL', 'CHAIN', 'RETRIEVER', 'EVALUATOR', 'EMBEDDING', 'GUARDRAIL'))
--                or (trace['projectId'] is not null and observations is not null)
-- objects:       (^|/)observations(_v2)?/[^/]+\.(json|jsonl|csv|parquet)(\.(gz|zst))?$|\.trace\.json(\.(gz|zst))?$
-- skip:          (^|/)(traces|scores|manifests)/
create external table langfuse_observations (
    id varchar,
    trace_id varchar,
    project_id varchar,
    parent_observation_id varchar,
    type varchar, -- GENERATION and EMBEDDING are calls of a model; the others repeat or hold them
    start_time timestamp with time zone,
    end_time timestamp with time zone,
    completion_start_time timestamp with time zone, -- first streamed chunk
    time_to_first_token double, -- seconds; milliseconds in observations_v2 of integrations made before 2026-04-01
    latency double, -- the same unit
    environment varchar, -- default when nobody set it
    level varchar, -- DEBUG, DEFAULT, WARNING or ERROR
    status_message varchar, -- searched for a status code and an error class, never selected
    provided_model_name varchar,
    model_parameters json,
    usage_details map(varchar, varchar), -- counts by kind of token, disjoint, and total
    total_cost decimal(38,12), -- USD, Langfuse's own calculation
    prompt_name varchar,
    prompt_version varchar,
    metadata map(varchar, varchar), -- attributes, resourceAttributes: the OpenTelemetry span's, as JSON text
    tool_definitions json,
    tool_call_names json,
    user_id varchar, -- this and the next three in observations_v2 only
    session_id varchar,
    tags array<varchar>,
    trace_name varchar,
    trace struct<
        id varchar,
        "projectId" varchar,
        name varchar,
        "userId" varchar,
        "sessionId" varchar,
        tags array<varchar>,
        scores array<struct<
            id varchar,
            "observationId" varchar,
            "sessionId" varchar,
            name varchar,
            value double,
            "stringValue" varchar,
            "dataType" varchar,
            source varchar,
            "timestamp" timestamp with time zone
        >>
    >,
    observations array<struct<
        id varchar,
        "parentObservationId" varchar,
        type varchar,
        "startTime" timestamp with time zone,
        "endTime" timestamp with time zone,
        "completionStartTime" timestamp with time zone,
        "timeToFirstToken" double,
        latency double,
        environment varchar,
        level varchar,
        "statusMessage" varchar,
        model varchar,
        "modelParameters" json,
        "usageDetails" map(varchar, varchar),
        "totalCost" decimal(38,12),
        "promptName" varchar,
        "promptVersion" varchar,
        metadata map(varchar, varchar),
        "toolDefinitions" json,
        "toolCallNames" json
    >>
)
stored as csv
location 'sample_data/formats/langfuse_observations/';
