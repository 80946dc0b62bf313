-- One row per provider that a commitment binds and workload that it may be reassigned to: what that one spends elsewhere and can move
-- under the commitment, once.
--
-- grain:  provider, reassignable_to
-- method: M 2.8 (what is reassignable counts for the named workload only)
with named as (
    select commitments.provider, commitments.reassignable_to, cast(sum(commitments.usd_per_month) as double) as monthly_usd
    from commitments
    cross join settings
    where commitments.is_reassignable and commitments.starts_on <= settings.run_date and settings.run_date < commitments.ends_on
    group by commitments.provider, commitments.reassignable_to
),

elsewhere as (
    select named.provider, named.reassignable_to, sum(spends.monthly_usd) as monthly_usd
    from int_workload_spends as spends
    inner join named on named.reassignable_to = spends.workload_id and named.provider <> spends.provider
    group by named.provider, named.reassignable_to
)

select named.provider, named.reassignable_to, least(named.monthly_usd, elsewhere.monthly_usd) as monthly_usd
from named
inner join elsewhere on elsewhere.provider = named.provider and elsewhere.reassignable_to = named.reassignable_to
