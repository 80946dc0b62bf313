-- One line of a Claude Code session file, of any kind; those of the assistant carry usage.
--
-- docs:          https://github.com/ryoppippi/ccusage/blob/main/rust/crates/ccusage/src/adapter/claude/README.md
-- status:        documented
-- recognised_by: type in ('user', 'assistant') and "sessionId" is not null and uuid is not null
--                and "isSidechain" is not null
-- objects:       \.jsonl(\.(gz|zst))?$
create external table claude_code (
    type varchar, -- assistant, user, system, summary, file-history-snapshot, ...
    "timestamp" timestamp with time zone, -- end of this part of the answer; some kinds of line have none
    "sessionId" varchar,
    "requestId" varchar,
    uuid varchar, -- of the line
    "isSidechain" boolean, -- side conversation: its own calls, and copies of its parent's
    cwd varchar, -- full path with the user's name: only its last folder is used
    "costUSD" decimal(38,12), -- older versions
    message struct<
        id varchar, -- of the response: the same in every line of it
        model varchar, -- <synthetic> in lines that the program wrote itself
        stop_reason varchar, -- null but in the last line
        usage struct<
            input_tokens bigint, -- uncached input only
            cache_read_input_tokens bigint,
            cache_creation_input_tokens bigint,
            cache_creation struct<
                ephemeral_5m_input_tokens bigint,
                ephemeral_1h_input_tokens bigint
            >,
            output_tokens bigint, -- thinking included; grows from line to line
            output_tokens_details struct<thinking_tokens bigint>,
            server_tool_use struct<web_search_requests bigint>,
            service_tier varchar,
            speed varchar,
            inference_geo varchar
        >
    >
)
stored as json
location 'sample_data/formats/claude_code/';
