-- One row per provider with a bill: the days that its bill covers, and the accounts that bill and logs both name.
--
-- grain:  provider, sub_account_id
-- method: M 2.6 (an account that only one side names is pooled with the provider's others, never matched by a guess)
with spans as (
    select provider, min(event_date) as first_billed_date, max(event_date) as last_billed_date
    from int_charges
    where is_billed and line_class in ('usage', 'unmapped_model', 'other_usage')
    group by provider
),

both_name as (
    select distinct int_charges.provider, int_charges.sub_account_id
    from int_charges
    inner join workload_cube
        on workload_cube.provider = int_charges.provider and workload_cube.sub_account_id = int_charges.sub_account_id
)

select spans.provider, cast(null as varchar) as sub_account_id, spans.first_billed_date, spans.last_billed_date
from spans
union all
select spans.provider, both_name.sub_account_id, spans.first_billed_date, spans.last_billed_date
from spans
inner join both_name on both_name.provider = spans.provider
