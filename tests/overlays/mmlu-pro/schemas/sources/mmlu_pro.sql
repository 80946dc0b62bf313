-- One answer of a model to a question of MMLU-Pro, as the project stored it: no time, no request id.
--
-- docs:    https://github.com/TIGER-AI-Lab/MMLU-Pro
-- objects: (^|/)results\.parquet$
create external table mmlu_pro (
    model varchar not null,
    file_row bigint not null, -- place in the model's result file
    question_id bigint not null,
    category varchar not null,
    correct boolean, -- an answer that could not be read counts as wrong
    prompt_tokens bigint not null,
    output_tokens bigint not null
)
stored as parquet
location 'data/mmlu-pro-results/';
