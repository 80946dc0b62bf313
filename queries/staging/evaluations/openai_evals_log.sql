-- One verdict or score of one item; or a run's final report, where the log holds no item of that run.
--
-- grain:  run, event
-- tokens: none
-- docs:   https://github.com/openai/evals/blob/main/evals/record.py
--
-- A log names no workload. It is taken from a folder `workload=<name>/` of the object's key, else it is the base
-- evaluation's name. A report beside its items would count them twice.
with events as (
    select
        *,
        -- a quote inside text is escaped, so these patterns meet keys only; the first one counts
        regexp_extract(data, '[{,]\s*"correct"\s*:\s*(true|false)') = 'true' as is_match,
        cast(regexp_extract(data, '[{,]\s*"(?:score|accuracy)"\s*:\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)') as double)
            as item_score,
        cast(regexp_extract(final_report, '[{,]\s*"accuracy"\s*:\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)') as double)
            as report_score,
        -- the report names no run: it is that of the last description above it
        last_value(spec['run_id']) ignore nulls over (partition by _object_key order by _line) as run_above
    from openai_evals_log
),

runs as (
    select
        *,
        coalesce(run_id, run_above) as run,
        case
            when type = 'match' and is_match is not null then 'match'
            when type = 'metrics' and item_score is not null then 'metrics'
            when report_score is not null then 'report'
        end as what
    from events
),

described as (
    select
        *,
        max(spec['eval_name']) over (partition by _object_key, run) as eval_name,
        max(spec['base_eval']) over (partition by _object_key, run) as base_eval,
        max(coalesce(spec['completion_fns'][1], spec['model_name'])) over (partition by _object_key, run) as model,
        max(spec['created_at']) over (partition by _object_key, run) as run_at,
        max(spec['run_config']['eval_spec']['cls']) over (partition by _object_key, run) as eval_class,
        max(spec['run_config']['eval_spec']['args']['modelgraded_spec']) over (partition by _object_key, run) as rubric,
        max(case when what in ('match', 'metrics') then 1 else 0 end) over (partition by _object_key, run) as has_items
    from runs
)

select
    _object_key as x_object_key,
    _line as x_line,
    concat(run, ' ', coalesce(cast(event_id as varchar), what)) as x_natural_key,
    case when regexp_like(lower(model), '^(ft:)?(gpt-|chatgpt-|o\d)') then 'openai' end as provider,
    model as model_id,
    coalesce(regexp_extract(_object_key, '(?:^|/)workload=([^/]+)/'), base_eval) as workload_id,
    eval_name as eval_set,
    case when eval_class like '%modelgraded%' then 'llm_judge' else 'deterministic' end as method,
    coalesce(rubric, eval_class) as rubric_or_judge,
    run as run_id,
    sample_id as item_id,
    case what when 'metrics' then item_score when 'report' then report_score end as score,
    case when what = 'match' then is_match end as is_correct,
    coalesce(created_at, run_at) as scored_at
from described
where what in ('match', 'metrics') or what = 'report' and has_items = 0
