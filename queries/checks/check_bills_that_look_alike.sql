-- Objects of bills that hold the same lines: same rows, days and sums, but other names or sources.
--
-- severity: warn
-- because:  a copy, a second format of the same export or a second source of one bill counts twice; keep one of the two
with objects as (
    select
        x_source,
        x_object_key,
        count(*) as lines,
        min(event_date) as first_day,
        max(event_date) as last_day,
        sum(billed_cost) as billed_cost,
        sum(consumed_quantity) as consumed_quantity
    from charges
    group by x_source, x_object_key
    having count(*) > 2
)

select
    lines,
    first_day,
    last_day,
    billed_cost,
    count(*) as times,
    min(concat(x_source, ': ', x_object_key)) as first_object,
    max(concat(x_source, ': ', x_object_key)) as last_object
from objects
group by lines, first_day, last_day, billed_cost, consumed_quantity
having count(*) > 1
