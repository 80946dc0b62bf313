-- Days, providers, accounts and models whose terms do not add up to what was billed, and totals that are not the sources' own.
--
-- severity: error
-- because:  the bridge from calculated to billed is exact, and nothing is spread or lost
with terms as (
    select
        event_date,
        provider,
        sub_account_id,
        model_id,
        sum(case when bridge_term in ('billed') then 0 else amount_usd end) as terms_usd,
        sum(case when bridge_term in ('billed') then amount_usd end) as billed_usd
    from reconciliation
    group by event_date, provider, sub_account_id, model_id
)

select provider, model_id, cast(event_date as varchar) as place, terms_usd as found_usd, billed_usd as wanted_usd
from terms
where billed_usd is not null and terms_usd <> billed_usd
union all
select null, null, 'billed in all', found.usd, wanted.usd
from (select coalesce(sum(amount_usd), 0) as usd from reconciliation where bridge_term in ('billed')) as found
cross join (select coalesce(sum(billed_usd), 0) as usd from int_charges) as wanted
where found.usd <> wanted.usd
union all
select null, null, 'calculated in all', found.usd, wanted.usd
from (select coalesce(sum(amount_usd), 0) as usd from reconciliation where bridge_term in ('calculated')) as found
cross join (select coalesce(sum(cost_usd), 0) as usd from spend_by_model) as wanted
where found.usd <> wanted.usd
