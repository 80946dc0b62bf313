-- One grader's verdict on one item of a run.
--
-- grain:  output item, grader; a grader without verdict and score (it failed) has no row
-- tokens: cached input is part of the input, reasoning part of the output and not told apart
-- docs:   https://platform.openai.com/docs/api-reference/evals/run-output-item-object
--
-- An answer names no workload. It is looked for as `workload` in the item, then as a folder `workload=<name>/` of the
-- object's key; else it is the id of the evaluation.
with items as (
    select _object_key, _line, unnest(case
        when data is not null then data
        else make_array(named_struct(
            'object', object,
            'id', id,
            'run_id', run_id,
            'eval_id', eval_id,
            'created_at', created_at,
            'datasource_item_id', datasource_item_id,
            'datasource_item', datasource_item,
            'results', results,
            'sample', sample
        ))
    end) as item
    from openai_evals
),

verdicts as (
    select
        *,
        unnest(item['results']) as verdict,
        unnest(range(1, cast(array_length(item['results']) as bigint) + 1)) as place,
        lower(item['sample']['model']) as model
    from items
    where item['object'] = 'eval.run.output_item'
)

select
    _object_key as x_object_key,
    _line as x_line,
    concat(item['run_id'], ' ', item['id'], ' ', cast(place as varchar)) as x_natural_key,
    item['datasource_item']['response_id'] as gen_ai_response_id,
    case when regexp_like(model, '^(ft:)?(gpt-|chatgpt-|o\d)') then 'openai' end as provider,
    item['sample']['model'] as model_id,
    coalesce(
        item['datasource_item']['workload'],
        regexp_extract(_object_key, '(?:^|/)workload=([^/]+)/'),
        item['eval_id']
    ) as workload_id,
    item['eval_id'] as eval_set,
    case
        when verdict['sample'] not in ('null', '{}')
            or regexp_like(
                lower(concat_ws(' ', verdict['type'], verdict['name'])),
                '(score|label)[ _-]?model|evaluator'
            )
        then 'llm_judge'
        else 'deterministic'
    end as method,
    verdict['name'] as rubric_or_judge,
    item['run_id'] as run_id,
    item['datasource_item_id'] as item_id,
    verdict['score'] as score,
    verdict['passed'] as is_correct,
    nullif(item['sample']['usage']['prompt_tokens'], 0) as input_tokens,
    nullif(item['sample']['usage']['completion_tokens'], 0) as output_tokens,
    to_timestamp_seconds(item['created_at']) as scored_at
from verdicts
where verdict['passed'] is not null or verdict['score'] is not null
