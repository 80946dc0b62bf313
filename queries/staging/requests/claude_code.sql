-- One response of the model in a coding session; its lines (one per content block) and copies become one row.
--
-- grain:  message.id, else requestId, else uuid of the line
-- tokens: cached input is beside input: input is the sum of the three input counts; thinking is included in output
-- docs:   https://github.com/ryoppippi/ccusage/blob/main/rust/crates/ccusage/src/adapter/claude/README.md
--
-- Copies keep message.id, so those of one UTC day fold, whatever object they are in. A side conversation that copies
-- its parent's messages on a later day is counted there again: only a `repeat_window` over days could see that.
-- Keys of these objects hold the project's path, often with a user's name: rename them on upload where that matters.
with lines_in as (
    select
        _object_key,
        _line,
        "timestamp" as ended_at,
        "sessionId" as session_id,
        "requestId" as request_id,
        uuid,
        coalesce("isSidechain", false) as is_sidechain,
        -- the last folder, but not a home folder: that is a person's name
        regexp_extract(
            regexp_replace(cwd, '^(.*[/\\])?([Hh]ome|[Uu]sers)[/\\]+[^/\\]+[/\\]*$', ''),
            '(?:^|[/\\])([^/\\@]+)[/\\]*$'
        ) as folder,
        "costUSD" as cost,
        message['id'] as message_id,
        message['model'] as model,
        message['stop_reason'] as finish,
        message['usage'] as counts,
        message['usage']['cache_creation'] as write_details
    from claude_code
    where type = 'assistant' and coalesce(message['model'], '') <> '<synthetic>'
),

counted as (
    select
        *,
        counts['input_tokens'] as input_uncached,
        coalesce(counts['cache_read_input_tokens'], 0) as cache_read,
        coalesce(
            counts['cache_creation_input_tokens'],
            coalesce(write_details['ephemeral_5m_input_tokens'], 0)
                + coalesce(write_details['ephemeral_1h_input_tokens'], 0)
        ) as cache_write,
        counts['output_tokens'] as output_total,
        counts['output_tokens_details']['thinking_tokens'] as output_reasoning
    from lines_in
),

-- the parent's own line before a copy, then the greatest total, then the last one
ranked as (
    select
        *,
        input_uncached + cache_read + cache_write as input_total,
        coalesce(write_details['ephemeral_5m_input_tokens'], write_details['ephemeral_1h_input_tokens']) is not null
            as is_split,
        row_number() over (
            partition by _object_key, coalesce(message_id, request_id, uuid, cast(_line as varchar))
            order by
                is_sidechain,
                coalesce(input_uncached, 0) + cache_read + cache_write + coalesce(output_total, 0) desc,
                _line desc
        ) as place
    from counted
)

select
    _object_key as x_object_key,
    _line as x_line,
    ended_at as x_end_time,
    'ms' as x_time_precision,
    'chat' as gen_ai_operation_name,
    case
        when message_id like 'msg_bdrk_%' or model like '%anthropic.claude%' then 'aws.bedrock'
        when message_id like 'msg_vrtx_%' or model like 'claude%@%' then 'gcp.vertex_ai'
        else 'anthropic'
    end as gen_ai_provider_name,
    model as gen_ai_request_model,
    model as gen_ai_response_model,
    message_id as gen_ai_response_id,
    request_id as x_request_id,
    uuid as x_natural_key,
    session_id as gen_ai_conversation_id,
    input_total as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_uncached as usage_input_uncached_tokens,
    case when input_total is not null then cache_read end as usage_cache_read_tokens,
    -- a split that does not add up to the writes is rejected with the row
    case
        when input_total is null then null
        when is_split then coalesce(write_details['ephemeral_5m_input_tokens'], 0)
        else cache_write
    end as usage_cache_write_5m_tokens,
    case when input_total is not null then coalesce(write_details['ephemeral_1h_input_tokens'], 0) end
        as usage_cache_write_1h_tokens,
    output_total - coalesce(output_reasoning, 0) as usage_output_visible_tokens,
    output_reasoning as usage_output_reasoning_tokens,
    case
        when input_total is null then 'missing'
        when is_split or cache_write = 0 then 'exclusive_repaired'
        else 'assumed'
    end as x_usage_semantics,
    counts['server_tool_use']['web_search_requests'] as x_server_tool_requests,
    'ok' as x_status,
    case
        when finish in ('end_turn', 'stop_sequence') then 'stop'
        when finish in ('max_tokens', 'model_context_window_exceeded') then 'length'
        when finish = 'tool_use' then 'tool_calls'
        when finish = 'refusal' then 'refusal'
        when finish is not null then 'other'
    end as gen_ai_response_finish_reason,
    case when finish = 'tool_use' then true end as x_has_tools,
    -- fast speed has prices of its own: no tier of the contract, so it is passed on and stays unpriced
    case when counts['speed'] = 'fast' then 'fast' else lower(counts['service_tier']) end as x_service_tier,
    folder as x_app,
    case when counts['inference_geo'] not in ('', 'not_available') then counts['inference_geo'] end as region_id,
    nullif(cost, 0) as x_reported_cost_usd
from ranked
where place = 1
