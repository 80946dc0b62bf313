-- One score of an observation, a trace or a session in Langfuse; texts, scores of whole dataset runs and categories
-- that say neither right nor wrong are left out.
--
-- grain:  project_id and id, the same in overlapping windows
-- tokens: none
-- docs:   https://langfuse.com/docs/evaluation/evaluation-methods/data-model
with judged as (
    select
        *,
        case
            when data_type = 'BOOLEAN' then value = 1
            when data_type <> 'CATEGORICAL' then null
            when lower(string_value) in ('correct', 'pass', 'passed', 'true', 'yes', 'good', 'helpful', 'positive')
            then true
            when lower(string_value) in ('incorrect', 'fail', 'failed', 'false', 'no', 'bad', 'unhelpful', 'negative')
            then false
        end as is_correct
    from langfuse_scores
    where coalesce(nullif(observation_id, ''), nullif(trace_id, ''), nullif(session_id, '')) is not null
)

select
    _object_key as x_object_key,
    _line as x_line,
    project_id || '/' || id as x_natural_key,
    nullif(observation_id, '') as x_request_id,
    nullif(trace_id, '') as x_trace_id,
    nullif(session_id, '') as gen_ai_conversation_id,
    name as eval_set,
    -- the API takes the scores of code and the opinions of users alike: the name tells them apart
    case
        when source = 'ANNOTATION' then 'human'
        when source = 'EVAL' then 'llm_judge'
        when regexp_like(lower(name), 'feedback|thumb|rating|csat|nps') then 'human'
        else 'deterministic'
    end as method,
    lower(source) || '/' || name as rubric_or_judge,
    nullif(dataset_run_id, '') as run_id,
    coalesce(nullif(observation_id, ''), nullif(trace_id, ''), nullif(session_id, '')) as item_id,
    case when data_type = 'NUMERIC' then value end as score,
    is_correct,
    coalesce(nullif(session_id, ''), nullif(trace_id, '')) as cluster_id,
    "timestamp" as scored_at
from judged
where is_correct is not null or (data_type = 'NUMERIC' and value is not null)
