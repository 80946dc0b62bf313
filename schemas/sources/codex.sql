-- One line of a Codex session file (rollout), of any kind; token_count events carry usage.
--
-- docs:          https://github.com/ryoppippi/ccusage/blob/main/rust/crates/ccusage/src/adapter/codex/README.md
-- status:        documented
-- recognised_by: (type in ('turn_context', 'session_meta') and payload is not null)
--                or (type = 'event_msg' and payload['type'] = 'token_count')
-- objects:       \.jsonl(\.(gz|zst))?$
create external table codex (
    "timestamp" timestamp with time zone, -- when the line was written
    type varchar, -- session_meta, turn_context, event_msg, response_item, compacted
    payload struct<
        type varchar, -- of an event
        id varchar, -- session_meta: the session
        forked_from_id varchar, -- session_meta: the session that this one copies
        source json, -- session_meta: a word, or an object with thread_spawn for sub-agents
        model_provider varchar, -- session_meta
        cwd varchar, -- full path with the user's name: only its last folder is used
        model varchar, -- turn_context: of the turns that follow
        effort varchar, -- turn_context
        info struct< -- null when only rate limits are told
            last_token_usage struct< -- of this call
                input_tokens bigint,
                cached_input_tokens bigint,
                output_tokens bigint,
                reasoning_output_tokens bigint
            >,
            total_token_usage struct< -- of the session so far
                input_tokens bigint,
                cached_input_tokens bigint,
                output_tokens bigint,
                reasoning_output_tokens bigint
            >
        >
    >
)
stored as json
location 'sample_data/formats/codex/';
