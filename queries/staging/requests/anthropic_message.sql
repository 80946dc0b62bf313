-- One call, as the body of Anthropic's message tells it; each call of an advisor model inside it is a row of its own.
--
-- grain:  id, else the line; an advisor's call: id and its number
-- tokens: cached input is beside input: input is the sum of the three input counts; thinking is included in output;
--         a compaction is billed and stands beside the counts, so it is added
-- docs:   https://docs.anthropic.com/en/api/messages
with bodies as (
    select
        *,
        usage as counts,
        error['type'] as error_word,
        cast(null as varchar) as natural_key
    from anthropic_message
    where type in ('message', 'error')
),

turns as (
    select
        *,
        array_filter(counts['iterations'], t -> t['type'] = 'compaction') as compactions,
        array_filter(counts['iterations'], t -> t['type'] = 'advisor_message') as advices
    from bodies
),

-- counts of the message and of the compactions before it
messages as (
    select
        *,
        cast(null as bigint) as advice,
        model as called_model,
        counts['input_tokens'] + coalesce(
            cast(array_sum(array_transform(compactions, t -> t['input_tokens'])) as bigint),
            0
        ) as input_uncached,
        coalesce(counts['cache_read_input_tokens'], 0) + coalesce(
            cast(array_sum(array_transform(compactions, t -> t['cache_read_input_tokens'])) as bigint),
            0
        ) as cache_read,
        coalesce(
            counts['cache_creation_input_tokens'],
            coalesce(counts['cache_creation']['ephemeral_5m_input_tokens'], 0)
                + coalesce(counts['cache_creation']['ephemeral_1h_input_tokens'], 0)
        ) + coalesce(
            cast(array_sum(array_transform(compactions, t -> t['cache_creation_input_tokens'])) as bigint),
            0
        ) as cache_write,
        counts['cache_creation']['ephemeral_5m_input_tokens'] as write_5m_stated,
        coalesce(counts['cache_creation']['ephemeral_1h_input_tokens'], 0) + coalesce(
            cast(array_sum(array_transform(
                compactions, t -> t['cache_creation']['ephemeral_1h_input_tokens']
            )) as bigint),
            0
        ) as cache_write_1h,
        counts['output_tokens'] + coalesce(
            cast(array_sum(array_transform(compactions, t -> t['output_tokens'])) as bigint),
            0
        ) as output_total,
        counts['output_tokens_details']['thinking_tokens'] as output_reasoning,
        -- fetches and code runs are not billed per call
        counts['server_tool_use']['web_search_requests'] as searches
    from turns
),

advised as (
    select
        *,
        unnest(advices) as turn,
        unnest(range(1, 1 + cast(array_length(advices) as bigint))) as advice_number
    from turns
),

advisors as (
    select
        * exclude (turn, advice_number),
        advice_number as advice,
        turn['model'] as called_model,
        turn['input_tokens'] as input_uncached,
        coalesce(turn['cache_read_input_tokens'], 0) as cache_read,
        coalesce(turn['cache_creation_input_tokens'], 0) as cache_write,
        turn['cache_creation']['ephemeral_5m_input_tokens'] as write_5m_stated,
        coalesce(turn['cache_creation']['ephemeral_1h_input_tokens'], 0) as cache_write_1h,
        turn['output_tokens'] as output_total,
        cast(null as bigint) as output_reasoning,
        cast(null as bigint) as searches
    from advised
),

calls as (
    select *, input_uncached + cache_read + cache_write as input_total
    from (select * from messages union all select * from advisors)
)

select
    _object_key as x_object_key,
    _line as x_line,
    case when advice is null then natural_key else concat(coalesce(id, natural_key), '#', advice) end as x_natural_key,
    _object_modified_at as x_end_time,
    'object' as x_time_precision,
    'chat' as gen_ai_operation_name,
    case
        when id like 'msg_vrtx_%' then 'gcp.vertex_ai'
        when id like 'msg_bdrk_%' then 'aws.bedrock'
        else 'anthropic'
    end as gen_ai_provider_name,
    called_model as gen_ai_request_model,
    called_model as gen_ai_response_model,
    case when advice is null then id end as gen_ai_response_id,
    case when advice is null then request_id end as x_request_id,
    input_total as gen_ai_usage_input_tokens,
    output_total as gen_ai_usage_output_tokens,
    input_uncached as usage_input_uncached_tokens,
    case when input_total is not null then cache_read end as usage_cache_read_tokens,
    -- more minutes and hours than writes do not add up and are rejected
    case when input_total is not null then greatest(write_5m_stated, cache_write - cache_write_1h) end
        as usage_cache_write_5m_tokens,
    case when input_total is not null then cache_write_1h end as usage_cache_write_1h_tokens,
    output_total - coalesce(output_reasoning, 0) as usage_output_visible_tokens,
    output_reasoning as usage_output_reasoning_tokens,
    case
        when input_total is null then 'missing'
        when cache_write > 0 and write_5m_stated is null and cache_write_1h = 0 then 'assumed'
        else 'exclusive_repaired'
    end as x_usage_semantics,
    searches as x_server_tool_requests,
    case when type = 'error' then 'error' else 'ok' end as x_status,
    error_word as error_type,
    case
        when advice is not null then null
        when stop_reason in ('end_turn', 'stop_sequence') then 'stop'
        when stop_reason in ('max_tokens', 'model_context_window_exceeded') then 'length'
        when stop_reason = 'tool_use' then 'tool_calls'
        when stop_reason = 'refusal' then 'refusal'
        when stop_reason is not null then 'other'
    end as gen_ai_response_finish_reason,
    case when stop_reason = 'tool_use' and advice is null then true end as x_has_tools,
    -- fast speed has prices of its own: no tier of the contract, so it is passed on and stays unpriced
    case when counts['speed'] = 'fast' then 'fast' else lower(counts['service_tier']) end as x_service_tier,
    nullif(counts['inference_geo'], 'not_available') as region_id
from calls
