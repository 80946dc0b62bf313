-- One row per split rule that a lever proposes: the predicates that its text states, so that what is priced is what is exported.
--
-- grain:  split_rule
-- by_workload: yes
-- method: M 4.3 (at most two predicates on facts that are known before the call)
select distinct
    split_rule,
    cast(regexp_extract(split_rule, 'input_tokens <= ([0-9]+)') as bigint) as max_input_tokens,
    split_rule like '%tools = false%' as is_without_tools,
    split_rule like '%image = false%' as is_without_image,
    split_rule like '%audio = false%' as is_without_audio,
    split_rule like '%schema = false%' as is_without_schema
from proposals
where split_rule is not null
