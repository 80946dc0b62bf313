-- One row per parameter, scope and key: the value that holds on the run date.
--
-- grain:  name, scope, key
-- method: M 12 (effective-dated; the run file wins over the catalog)
with candidates as (
    select
        parameters.*,
        -- The run file's value first, then the newest one that has begun.
        row_number() over (
            partition by parameters.name, parameters.scope, parameters.key
            order by parameters.class = 'config' desc, parameters.valid_from desc
        ) as place
    from parameters
    cross join settings
    where parameters.valid_from <= settings.run_date
)

select
    name,
    scope,
    key,
    parameter_id,
    coalesce(low, expected) as low,
    expected,
    coalesce(high, expected) as high,
    class,
    source
from candidates
where place = 1
