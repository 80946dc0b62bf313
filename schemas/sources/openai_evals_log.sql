-- One line of a log of the open-source library evals: the run's description, an event of an item, or the final report.
--
-- docs:          https://github.com/openai/evals/blob/main/evals/record.py
-- status:        documented
-- recognised_by: spec['eval_name'] is not null and spec['run_id'] is not null
--                or event_id is not null and sample_id is not null and type is not null
-- objects:       \.jsonl(\.(gz|zst))?$
create external table openai_evals_log (
    spec struct<
        completion_fns array<varchar>, -- what was evaluated: names of models, or of registered functions
        model_name varchar, -- earlier versions
        eval_name varchar,
        base_eval varchar,
        run_id varchar,
        created_at timestamp with time zone,
        run_config struct<eval_spec struct<cls varchar, args struct<modelgraded_spec varchar>>>
    >,
    final_report json, -- accuracy and what else the evaluation sums up
    run_id varchar,
    event_id bigint,
    sample_id varchar,
    type varchar, -- match, metrics, sampling, error, ...
    data json, -- the event, prompts and answers too: searched for verdict and score, never selected
    created_at timestamp with time zone
)
stored as json
location 'sample_data/formats/openai_evals_log/';
