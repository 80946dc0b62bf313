-- What the run file states of workloads that no call of the window names, and of pairs that the catalog does not have.
--
-- severity: warn
-- because:  what is stated of a workload without calls, or of a pair that is none, changes nothing; correct the name in the run file
with stated as (
    select workload_id, '[workloads]' as place from workload_facts
    union all
    select workload_id, '[[benefits]]' from benefits
    union all
    select reassignable_to, '[[commitments]] reassignable_to' from commitments where reassignable_to is not null
    union all
    select key, '[[parameters]]' from parameters where class = 'config' and scope = 'workload'
),

paired as (
    select
        key, split_part(key, '>', 1) as from_name, split_part(key, '>', 2) as to_name
    from parameters
    where class = 'config' and scope = 'pair'
),

-- Tokenizers for tau, models for the others.
names as (
    select distinct tokenizer_id as name from models where tokenizer_id is not null
    union all
    select provider || '/' || model_id from models
)

select distinct stated.workload_id, stated.place
from stated
left join int_workloads on int_workloads.workload_id = stated.workload_id
where int_workloads.workload_id is null
union all
select distinct paired.key, '[[parameters]] of a pair'
from paired
left join names as source on source.name = paired.from_name
left join names as target on target.name = paired.to_name
where source.name is null or target.name is null
order by 2, 1
