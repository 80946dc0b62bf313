-- One row per provider and model, and one per provider without a model, of which it is known what share of list is really paid.
--
-- grain:  provider, model_id
-- method: M 2.6 (rho at the model where its list cost of 28 days is $100 or more, else at the provider, else 1; a contract is
--         stated by the owner and holds at any volume), 2.7 (0.2 to 1.25)
with sums as (
    select
        provider,
        model_id,
        sum(list_usd) as list_usd,
        sum(contracted_usd) as contracted_usd,
        bool_or(is_rate_billed) as is_billed
    from int_reconciled
    where billed_usd is not null
    group by provider, model_id
    union all
    select provider, cast(null as varchar), sum(list_usd), sum(contracted_usd), bool_or(is_rate_billed)
    from int_reconciled
    where billed_usd is not null
    group by provider
),

observed as (
    select
        provider,
        model_id,
        cast(list_usd as decimal(38, 12)) as list_usd,
        cast(contracted_usd as decimal(38, 12)) as contracted_usd,
        is_billed,
        case when list_usd >= 100 then cast(contracted_usd as double) / cast(list_usd as double) end as rate_ratio
    from sums
),

-- What holds on the run date is what is paid from now on, whatever the days of the window paid: of a model its own terms
-- before its provider's, the latest before the earlier.
named as (
    select distinct provider, model_id
    from (
        select provider, model_id from models
        union all
        select provider, model_id from sums
        union all
        select provider, cast(null as varchar) from contract_terms
    ) as everywhere
),

terms as (
    select
        named.provider,
        named.model_id,
        1.0 - cast(contract_terms.discount_pct as double) / 100 as rate_ratio,
        row_number() over (
            partition by named.provider, named.model_id
            order by case when contract_terms.model_id is null then 2 else 1 end, contract_terms.valid_from desc, contract_terms.discount_pct
        ) as place
    from named
    cross join settings
    inner join contract_terms
        on contract_terms.provider = named.provider
        and (contract_terms.model_id is null or contract_terms.model_id = named.model_id)
        and contract_terms.valid_from <= settings.run_date
),

rated as (
    select
        coalesce(observed.provider, terms.provider) as provider,
        coalesce(observed.model_id, terms.model_id) as model_id,
        observed.list_usd,
        observed.contracted_usd,
        -- A bill that shows contracted prices is nearer to the invoice than what somebody wrote down.
        case when observed.is_billed then coalesce(observed.rate_ratio, terms.rate_ratio) else coalesce(terms.rate_ratio, observed.rate_ratio) end
            as rate_ratio
    from observed
    full outer join (select * from terms where place = 1) as terms
        on terms.provider = observed.provider and (terms.model_id is not distinct from observed.model_id)
)

select provider, model_id, list_usd, contracted_usd, rate_ratio
from rated
where rate_ratio between 0.2 and 1.25
