-- One model call of a coding session: a token_count event whose running total moved on.
--
-- grain:  time of the event and its counts, without the session: forks and archived copies repeat lines in other files
-- tokens: cached input is included in input, reasoning is included in output; cache writes are not logged, so null
-- docs:   https://github.com/ryoppippi/ccusage/blob/main/rust/crates/ccusage/src/adapter/codex/README.md
--
-- A fork or sub-agent may copy its parent's events under the time of the copy, all in one second: two events in the
-- first second that has any are such a copy and are left out. A copy spread over seconds, or of one single event, is
-- counted again: that takes a `repeat_window` over days, with the parent session and the running total as identity.
with events as (
    select
        _object_key,
        _line,
        "timestamp" as ended_at,
        type = 'event_msg' and payload['type'] = 'token_count' as is_count,
        payload['info']['last_token_usage'] as last_usage,
        payload['info']['total_token_usage'] as total_usage,
        -- a fork repeats its parent's session_meta below its own
        first_value(case when type in ('session_meta') then payload end) ignore nulls over so_far as session,
        last_value(case when type in ('turn_context') then payload end) ignore nulls over so_far as turn,
        max(
            case
                when type in ('session_meta') and payload['forked_from_id'] is not null then 1
                when type in ('session_meta') and regexp_like(payload['source'], '"thread_spawn"') then 1
                else 0
            end
        ) over so_far as is_copy_of_parent
    from codex
    window so_far as (partition by _object_key order by _line rows unbounded preceding)
),

-- the total before this event; lines without a total do not interrupt it
totals as (
    select
        *,
        lag(total_usage['input_tokens']) ignore nulls over file as input_before,
        lag(total_usage['cached_input_tokens']) ignore nulls over file as cached_before,
        lag(total_usage['output_tokens']) ignore nulls over file as output_before,
        lag(total_usage['reasoning_output_tokens']) ignore nulls over file as reasoning_before,
        date_trunc('second', ended_at) as ended_in,
        min(date_trunc('second', ended_at)) over (partition by _object_key) as first_second,
        count(*) over (partition by _object_key, date_trunc('second', ended_at)) as events_in_second
    from events
    where is_count and (last_usage is not null or total_usage is not null)
    window file as (partition by _object_key order by _line)
),

moved as (
    select
        *,
        -- a total that falls belongs to a counter that began anew
        total_usage['input_tokens'] < input_before or total_usage['output_tokens'] < output_before as is_restart
    from totals
    -- an event that repeats the total tells of no call (rate limits, compaction)
    where coalesce(
        total_usage['input_tokens'] <> input_before or total_usage['output_tokens'] <> output_before,
        true
    )
    and not (is_copy_of_parent = 1 and ended_in = first_second and events_in_second > 1)
),

counted as (
    select
        *,
        case
            when last_usage is not null then last_usage['input_tokens']
            when is_restart then total_usage['input_tokens']
            else total_usage['input_tokens'] - coalesce(input_before, 0)
        end as input_total,
        coalesce(
            case
                when last_usage is not null then last_usage['cached_input_tokens']
                when is_restart then total_usage['cached_input_tokens']
                else total_usage['cached_input_tokens'] - coalesce(cached_before, 0)
            end,
            0
        ) as cache_read,
        case
            when last_usage is not null then last_usage['output_tokens']
            when is_restart then total_usage['output_tokens']
            else total_usage['output_tokens'] - coalesce(output_before, 0)
        end as output_total,
        case
            when last_usage is not null then last_usage['reasoning_output_tokens']
            when is_restart then total_usage['reasoning_output_tokens']
            else total_usage['reasoning_output_tokens'] - coalesce(reasoning_before, 0)
        end as output_reasoning
    from moved
)

select
    _object_key as x_object_key,
    _line as x_line,
    concat_ws(
        '/', 'codex', cast(ended_at as varchar), input_total, cache_read, output_total,
        total_usage['input_tokens'], total_usage['output_tokens']
    ) as x_natural_key,
    ended_at as x_end_time,
    'ms' as x_time_precision,
    'chat' as gen_ai_operation_name,
    coalesce(session['model_provider'], 'openai') as gen_ai_provider_name,
    turn['model'] as gen_ai_request_model,
    coalesce(session['id'], regexp_extract(_object_key, 'rollout-[0-9T-]{20}([^/.]+)\.jsonl'))
        as gen_ai_conversation_id,
    input_total as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_total - cache_read as usage_input_uncached_tokens,
    case when input_total is not null then cache_read end as usage_cache_read_tokens,
    output_total - coalesce(output_reasoning, 0) as usage_output_visible_tokens,
    output_reasoning as usage_output_reasoning_tokens,
    case when input_total is null then 'missing' else 'inclusive' end as x_usage_semantics,
    'ok' as x_status,
    turn['effort'] as x_reasoning_effort,
    -- the last folder, but not a home folder: that is a person's name
    regexp_extract(
        regexp_replace(coalesce(turn['cwd'], session['cwd']), '^(.*[/\\])?([Hh]ome|[Uu]sers)[/\\]+[^/\\]+[/\\]*$', ''),
        '(?:^|[/\\])([^/\\@]+)[/\\]*$'
    ) as x_app
from counted
where coalesce(input_total, 1) <> 0 or coalesce(output_total, 1) <> 0
