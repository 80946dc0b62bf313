-- One output item of a run of OpenAI's Evals API (Azure's speaks it too), or a page of them, as somebody saved it.
--
-- docs:          https://platform.openai.com/docs/api-reference/evals/run-output-item-object
-- status:        documented
-- recognised_by: object = 'eval.run.output_item' or data[1]['object'] = 'eval.run.output_item'
-- objects:       \.(json|jsonl|ndjson)(\.(gz|zst))?$
create external table openai_evals (
    object varchar, -- eval.run.output_item, or list
    data array<struct<
        object varchar,
        id varchar,
        run_id varchar,
        eval_id varchar,
        created_at bigint,
        datasource_item_id varchar,
        datasource_item map(varchar, varchar),
        results array<struct<name varchar, type varchar, passed boolean, score double, sample json>>,
        sample struct<model varchar, usage struct<prompt_tokens bigint, completion_tokens bigint>>
    >>,
    id varchar,
    run_id varchar,
    eval_id varchar,
    created_at bigint, -- seconds since 1970
    datasource_item_id varchar, -- number of the item in its set
    datasource_item map(varchar, varchar), -- the item: a few names are looked up, texts never selected
    results array<struct<
        name varchar, -- of the grader, with its version
        type varchar, -- kind of grader; newer answers
        passed boolean,
        score double,
        sample json -- answer of a grader that is a model; never selected
    >>,
    sample struct< -- the evaluated call
        model varchar,
        usage struct<prompt_tokens bigint, completion_tokens bigint>
    >
)
stored as json
location 'sample_data/formats/openai_evals/';
