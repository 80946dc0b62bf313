-- One line of the output or error file of an OpenAI batch.
--
-- docs:          https://platform.openai.com/docs/guides/batch
-- status:        documented
-- recognised_by: custom_id is not null and (response['status_code'] is not null or error['code'] is not null)
--                and not regexp_like(
--                    coalesce(response['body']['model'], ''),
--                    '(mis|minis|mix|vox|codes|pix|devs|magis)tral'
--                )
-- objects:       \.(jsonl|ndjson|json)(\.(gz|zst))?$
create external table openai_batch (
    id varchar, -- batch_req_...; Azure leaves it out
    custom_id varchar, -- the caller's own id, unique in its batch only
    error struct<code varchar>, -- never answered: batch_expired, batch_cancelled, ...
    response struct<
        status_code bigint,
        request_id varchar,
        body struct<
            id varchar,
            object varchar, -- chat.completion, text_completion, response or list
            created double, -- seconds since 1970
            created_at double, -- the same of the responses API
            completed_at double,
            model varchar,
            status varchar, -- responses: completed, incomplete, failed, ...
            incomplete_details struct<reason varchar>,
            error struct<type varchar, code varchar>,
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
            prompt struct<id varchar, version varchar>,
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
                >
            >
        >
    >
)
stored as json
location 'sample_data/formats/openai_batch/';
