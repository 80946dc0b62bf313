-- One trace that OpenRouter broadcasts to object storage: one JSON object each, with its generations.
--
-- The names below the first level are a guess, no real file was seen: try `trimtab run` on one day and look at what is
-- rejected or without usage. OpenRouter's broadcast in OTLP needs no guess.
--
-- docs:          https://openrouter.ai/docs/guides/features/broadcast/s3
-- status:        unverified
-- recognised_by: id is not null and "sessionId" is not null and observations[1]['startTime'] is not null
--                and observations[1]['usage'] is not null
-- objects:       [^/]+-\d{9,13}\.json(\.(gz|zst))?$
create external table openrouter_broadcast (
    id varchar not null,
    name varchar,
    "userId" varchar,
    "sessionId" varchar,
    metadata map(varchar, varchar),
    observations array<struct<
        id varchar, -- gen-..., the id that OpenRouter answered with
        name varchar,
        type varchar, -- GENERATION
        model varchar,
        metadata map(varchar, varchar),
        usage struct<
            input bigint, -- cached tokens included or not: unknown
            output bigint,
            total bigint
        >,
        cost decimal(38,12), -- USD
        level varchar,
        "startTime" timestamp with time zone,
        "endTime" timestamp with time zone
    >>
)
stored as json
location 'sample_data/formats/openrouter_broadcast/';
