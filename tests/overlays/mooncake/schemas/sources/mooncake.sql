-- One call of Mooncake's traces: a moment without a date, two lengths and the blocks of the prompt.
--
-- docs:    https://github.com/kvcache-ai/Mooncake
-- objects: (^|/)(conversation|synthetic)_trace\.jsonl\.gz$
create external table mooncake (
    timestamp bigint not null, -- milliseconds from the beginning of the trace
    input_length bigint not null, -- tokens
    output_length bigint not null,
    hash_ids array<bigint> -- one for each 512 tokens of the prompt; two prompts that begin alike begin with the same ones
)
stored as json
location 'data/mooncake/';
