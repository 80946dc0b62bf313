-- One response body of the OpenAI API, or of an API that speaks it, logged as it came: no envelope around it.
--
-- docs:          https://platform.openai.com/docs/api-reference/chat/object
-- status:        real
-- recognised_by: object in ('chat.completion', 'text_completion', 'text.completion', 'response') and id is not null
--                and not regexp_like(coalesce(model, ''), '(mis|minis|mix|vox|codes|pix|devs|magis)tral')
-- objects:       \.(jsonl|ndjson|json)(\.(gz|zst))?$
create external table openai_response (
    id varchar,
    object varchar, -- chat.completion, chat.completion.chunk, text_completion, text.completion, response or list
    created double, -- seconds since 1970; some servers write milliseconds, or seconds of their own
    created_at double, -- the same of the responses API
    completed_at double,
    model varchar,
    provider varchar, -- who served, on OpenRouter
    status varchar, -- responses: completed, incomplete, failed, ...
    incomplete_details struct<reason varchar>,
    type varchar, -- of other records that may lie beside, as are the next
    custom_id varchar,
    error struct<type varchar, code varchar, status varchar>,
    service_tier varchar, -- tier that served
    choices array<struct<
        finish_reason varchar,
        content_filter_results json, -- Azure's
        message struct<refusal varchar>
    >>,
    prompt_filter_results json, -- Azure's
    output array<struct<type varchar>>,
    max_output_tokens bigint,
    tools json,
    tool_choice json,
    text struct<format struct<type varchar>>,
    reasoning struct<effort varchar>,
    prompt json, -- the object that names a stored prompt, or other things elsewhere: searched for its id
    metadata map(varchar, varchar),
    "user" varchar,
    usage struct<
        prompt_tokens bigint,
        completion_tokens bigint,
        total_tokens bigint,
        prompt_tokens_details struct<
            cached_tokens bigint,
            cache_write_tokens bigint,
            audio_tokens bigint,
            image_tokens bigint
        >,
        completion_tokens_details struct<
            reasoning_tokens bigint,
            audio_tokens bigint,
            image_tokens bigint
        >,
        input_tokens bigint,
        output_tokens bigint,
        input_tokens_details struct<
            cached_tokens bigint,
            cache_write_tokens bigint,
            audio_tokens bigint,
            image_tokens bigint
        >,
        output_tokens_details struct<
            reasoning_tokens bigint,
            audio_tokens bigint,
            image_tokens bigint
        >,
        prompt_cache_hit_tokens bigint, -- DeepSeek's
        cached_tokens bigint, -- Moonshot's
        queue_time double, -- Groq's
        cost decimal(38,12) -- OpenRouter's, USD
    >
)
stored as json
location 'sample_data/formats/openai_response/';
