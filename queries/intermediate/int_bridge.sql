-- One row per day, provider, account and model that was logged or billed: the terms from calculated to billed, side by side.
--
-- grain:  event_date, provider, sub_account_id, model_id
-- method: M 2.6 (exact bridge; the remainder is unexplained and never spread), 2.7 (young days are provisional)
with sides as (
    select
        workload_cube.event_date,
        workload_cube.provider,
        scopes.sub_account_id,
        workload_cube.billed_model_id as model_id,
        sum(workload_cube.cost_usd) as calculated_usd
    from workload_cube
    cross join settings
    left join int_bill_scopes as scopes
        on scopes.provider = workload_cube.provider and scopes.sub_account_id = workload_cube.sub_account_id
    where workload_cube.event_date >= settings.report_from and workload_cube.event_date < settings.run_date
    group by workload_cube.event_date, workload_cube.provider, scopes.sub_account_id, workload_cube.billed_model_id
    union all
    select event_date, provider, sub_account_id, model_id, cast(0 as decimal(38, 12)) from int_bill_sums
),

keys as (
    select event_date, provider, sub_account_id, model_id, cast(sum(calculated_usd) as decimal(38, 12)) as calculated_usd
    from sides
    group by event_date, provider, sub_account_id, model_id
),

tokens as (
    select
        event_date,
        provider,
        sub_account_id,
        model_id,
        sum(logged_tokens) as logged_tokens,
        cast(sum(billed_tokens) as decimal(26, 6)) as billed_tokens,
        -- Tokens in a wrong unit tell nothing of usage that was not logged.
        cast(coalesce(sum(case when fault in ('UNIT') then null else difference_usd end), 0) as decimal(38, 12)) as difference_usd,
        min(fault) as fault
    from int_token_bridge
    group by event_date, provider, sub_account_id, model_id
),

-- The discount that holds on the day: the model's own before the provider's, the latest before the earlier.
terms as (
    select
        keys.event_date,
        keys.provider,
        keys.sub_account_id,
        keys.model_id,
        contract_terms.discount_pct,
        row_number() over (
            partition by keys.event_date, keys.provider, keys.sub_account_id, keys.model_id
            order by case when contract_terms.model_id is null then 2 else 1 end, contract_terms.valid_from desc
        ) as place
    from keys
    inner join contract_terms
        on contract_terms.provider = keys.provider
        and (contract_terms.model_id is null or contract_terms.model_id = keys.model_id)
        and contract_terms.valid_from <= keys.event_date
),

joined as (
    select
        keys.*,
        bill.* exclude (event_date, provider, sub_account_id, model_id),
        tokens.logged_tokens,
        tokens.billed_tokens,
        tokens.fault,
        terms.discount_pct,
        proven.proven_days,
        coalesce(no_rates.list_usd, 0) as no_rate_list_usd,
        tokens.difference_usd,
        coalesce(
            bill.billed_usd is not null or keys.event_date between scopes.first_billed_date and scopes.last_billed_date,
            false
        ) as is_covered
    from keys
    left join int_bill_sums as bill
        on bill.event_date = keys.event_date
        and bill.provider = keys.provider
        and (bill.sub_account_id is not distinct from keys.sub_account_id)
        and (bill.model_id is not distinct from keys.model_id)
    left join tokens
        on tokens.event_date = keys.event_date
        and tokens.provider = keys.provider
        and (tokens.sub_account_id is not distinct from keys.sub_account_id)
        and (tokens.model_id is not distinct from keys.model_id)
    left join terms
        on terms.place = 1
        and terms.event_date = keys.event_date
        and terms.provider = keys.provider
        and (terms.sub_account_id is not distinct from keys.sub_account_id)
        and (terms.model_id is not distinct from keys.model_id)
    left join int_proven_rates as proven
        on proven.provider = keys.provider
        and (proven.sub_account_id is not distinct from keys.sub_account_id)
        and proven.model_id = keys.model_id
    left join int_lines_without_rate as no_rates
        on no_rates.event_date = keys.event_date
        and no_rates.provider = keys.provider
        and (no_rates.sub_account_id is not distinct from keys.sub_account_id)
        and (no_rates.model_id is not distinct from keys.model_id)
    left join int_bill_scopes as scopes on scopes.provider = keys.provider and scopes.sub_account_id is null
),

priced as (
    select
        *,
        -- A bill of amounts alone says nothing about quantities; a covered day without a line bills none.
        cast(case
            when is_covered and (billed_tokens <> 0 or coalesce(usage_lines, 0) = 0) then coalesce(difference_usd, 0)
            else 0
        end as decimal(38, 12)) as quantity_usd,
        case
            when not is_covered or coalesce(usage_lines, 0) = 0 then 'none'
            when has_contracted_prices and (list_usd <> contracted_usd or discount_pct is null) then 'bill'
            when discount_pct is not null then 'contract_terms'
            when proven_days is not null and lines_without_rate = 0 then 'inferred'
            else 'none'
        end as rate_source
    from joined
),

rated as (
    select
        *,
        cast(calculated_usd + quantity_usd as decimal(38, 12)) as book_list_usd,
        cast(case rate_source
            when 'bill' then contracted_usd - list_usd
            when 'contract_terms' then cast(
                -(calculated_usd + quantity_usd) * discount_pct * cast('0.01' as decimal(2, 2)) as decimal(38, 12)
            )
            when 'inferred' then usage_usd - usage_timing_usd - usage_commitment_usd - calculated_usd - quantity_usd
            else 0
        end as decimal(38, 12)) as rate_usd,
        cast(coalesce(commitment_usd + usage_commitment_usd, 0) as decimal(38, 12)) as all_commitment_usd,
        cast(coalesce(commitment_timing_usd + usage_timing_usd, 0) as decimal(38, 12)) as timing_usd
    from priced
),

summed as (
    select
        *,
        cast(calculated_usd + quantity_usd + rate_usd + all_commitment_usd + timing_usd + coalesce(credits_usd, 0)
            + coalesce(tax_usd, 0) + coalesce(support_usd, 0) + coalesce(adjustments_usd, 0) + coalesce(other_usage_usd, 0)
            + coalesce(cache_storage_usd, 0) + coalesce(unmapped_usd, 0) as decimal(38, 12)) as explained_usd
    from rated
),

-- Lines in a currency without a rate count as nothing billed: what logs explain of them is no riddle and no discount.
bridged as (
    select
        *,
        cast(case
            when coalesce(lines_without_rate, 0) = 0 then 0
            -- A bill of amounts alone: nobody can tell their part from the others'.
            when coalesce(billed_tokens, 0) = 0 then billed_usd - explained_usd
            when rate_source in ('contract_terms')
                then -no_rate_list_usd * (1 - discount_pct * cast('0.01' as decimal(2, 2)))
            else -no_rate_list_usd
        end as decimal(38, 12)) as no_rate_usd
    from summed
)

select
    bridged.event_date,
    bridged.provider,
    bridged.sub_account_id,
    bridged.model_id,
    bridged.rate_source,
    case when not bridged.is_covered then null when bridged.lines_without_rate > 0 then 'NO_RATE' else bridged.fault end as fault,
    bridged.logged_tokens,
    bridged.billed_tokens,
    coalesce(bridged.lines_without_rate, 0) as lines_without_rate,
    bridged.calculated_usd,
    bridged.quantity_usd,
    bridged.rate_usd,
    bridged.all_commitment_usd as commitment_usd,
    bridged.timing_usd,
    coalesce(bridged.credits_usd, 0) as credits_usd,
    coalesce(bridged.tax_usd, 0) as tax_usd,
    coalesce(bridged.support_usd, 0) as support_usd,
    coalesce(bridged.adjustments_usd, 0) as adjustments_usd,
    coalesce(bridged.other_usage_usd, 0) as other_usage_usd,
    coalesce(bridged.cache_storage_usd, 0) as cache_storage_usd,
    coalesce(bridged.unmapped_usd, 0) as unmapped_usd,
    bridged.no_rate_usd,
    case
        when bridged.is_covered
            then cast(coalesce(bridged.billed_usd, 0) - bridged.explained_usd - bridged.no_rate_usd as decimal(38, 12))
    end as unexplained_usd,
    case when bridged.is_covered then coalesce(bridged.billed_usd, cast(0 as decimal(38, 12))) end as billed_usd,
    -- What a discount is a share of: the bill's own list, else the tokens that it counts at the price list.
    case when bridged.rate_source in ('bill') then bridged.list_usd else bridged.book_list_usd end as list_usd,
    cast(case when bridged.rate_source in ('bill') then bridged.contracted_usd else bridged.book_list_usd + bridged.rate_usd end
        as decimal(38, 12)) as contracted_usd,
    bridged.is_covered,
    bridged.event_date >= cast(settings.run_date - interval '3 days' as date) as is_provisional
from bridged
cross join settings
