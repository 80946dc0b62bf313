-- One score of a trace or an observation in a document of one trace; texts and categories that say neither right nor
-- wrong are left out.
--
-- grain:  projectId and id of the score, as in langfuse_scores
-- tokens: none
-- docs:   https://langfuse.com/docs/evaluation/evaluation-methods/data-model
with listed as (
    select _object_key, _line, trace, unnest(trace['scores']) as score
    from langfuse_observations
    where observations is not null
),

judged as (
    select
        *,
        case
            when score['dataType'] = 'BOOLEAN' then score['value'] = 1
            when score['dataType'] <> 'CATEGORICAL' then null
            when lower(score['stringValue'])
                in ('correct', 'pass', 'passed', 'true', 'yes', 'good', 'helpful', 'positive') then true
            when lower(score['stringValue'])
                in ('incorrect', 'fail', 'failed', 'false', 'no', 'bad', 'unhelpful', 'negative') then false
        end as is_correct,
        case when score['dataType'] = 'NUMERIC' then score['value'] end as number
    from listed
)

select
    _object_key as x_object_key,
    _line as x_line,
    trace['projectId'] || '/' || score['id'] as x_natural_key,
    score['observationId'] as x_request_id,
    trace['id'] as x_trace_id,
    coalesce(score['sessionId'], trace['sessionId']) as gen_ai_conversation_id,
    score['name'] as eval_set,
    -- the API takes the scores of code and the opinions of users alike: the name tells them apart
    case
        when score['source'] = 'ANNOTATION' then 'human'
        when score['source'] = 'EVAL' then 'llm_judge'
        when regexp_like(lower(score['name']), 'feedback|thumb|rating|csat|nps') then 'human'
        else 'deterministic'
    end as method,
    lower(score['source']) || '/' || score['name'] as rubric_or_judge,
    coalesce(score['observationId'], trace['id']) as item_id,
    number as score,
    is_correct,
    coalesce(score['sessionId'], trace['sessionId'], trace['id']) as cluster_id,
    score['timestamp'] as scored_at
from judged
where is_correct is not null or number is not null
