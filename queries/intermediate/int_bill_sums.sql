-- One row per day, provider, account and model of the bill: its amounts in USD by what they are for.
--
-- grain:  event_date, provider, sub_account_id, model_id
-- method: M 2.6 (lines by charge category; commitments by what they amortise; purchases are booked at another time)
select
    int_charges.event_date,
    int_charges.provider,
    scopes.sub_account_id,
    int_charges.model_id,
    count(*) filter (where int_charges.line_class in ('usage')) as usage_lines,
    count(*) filter (where int_charges.is_rate_missing) as lines_without_rate,
    bool_and(int_charges.list_usd is not null and int_charges.contracted_usd is not null)
        filter (where int_charges.line_class in ('usage')) as has_contracted_prices,
    cast(coalesce(sum(int_charges.billed_usd), 0) as decimal(38, 12)) as billed_usd,
    cast(coalesce(sum(int_charges.list_usd) filter (where int_charges.line_class in ('usage')), 0) as decimal(38, 12)) as list_usd,
    cast(coalesce(sum(int_charges.contracted_usd) filter (where int_charges.line_class in ('usage')), 0) as decimal(38, 12))
        as contracted_usd,
    cast(coalesce(sum(int_charges.billed_usd) filter (where int_charges.line_class in ('usage')), 0) as decimal(38, 12))
        as usage_usd,
    cast(coalesce(sum(int_charges.effective_usd - coalesce(int_charges.contracted_usd, int_charges.effective_usd))
        filter (where int_charges.line_class in ('usage') and int_charges.is_committed), 0) as decimal(38, 12)) as usage_commitment_usd,
    cast(coalesce(sum(int_charges.billed_usd - int_charges.effective_usd)
        filter (where int_charges.line_class in ('usage') and int_charges.is_committed), 0) as decimal(38, 12)) as usage_timing_usd,
    cast(coalesce(sum(int_charges.billed_usd - int_charges.effective_usd)
        filter (where int_charges.line_class in ('commitment')), 0) as decimal(38, 12)) as commitment_timing_usd,
    cast(coalesce(sum(int_charges.effective_usd) filter (where int_charges.line_class in ('commitment')), 0) as decimal(38, 12))
        as commitment_usd,
    cast(coalesce(sum(int_charges.billed_usd) filter (where int_charges.line_class in ('credit')), 0) as decimal(38, 12)) as credits_usd,
    cast(coalesce(sum(int_charges.billed_usd) filter (where int_charges.line_class in ('tax')), 0) as decimal(38, 12)) as tax_usd,
    cast(coalesce(sum(int_charges.billed_usd) filter (where int_charges.line_class in ('support')), 0) as decimal(38, 12)) as support_usd,
    cast(coalesce(sum(int_charges.billed_usd) filter (where int_charges.line_class in ('adjustment')), 0) as decimal(38, 12))
        as adjustments_usd,
    cast(coalesce(sum(int_charges.billed_usd) filter (where int_charges.line_class in ('other_usage')), 0) as decimal(38, 12))
        as other_usage_usd,
    cast(coalesce(sum(int_charges.billed_usd) filter (where int_charges.line_class in ('cache_storage')), 0) as decimal(38, 12))
        as cache_storage_usd,
    cast(coalesce(sum(int_charges.billed_usd) filter (where int_charges.line_class in ('unmapped_model')), 0) as decimal(38, 12))
        as unmapped_usd
from int_charges
left join int_bill_scopes as scopes
    on scopes.provider = int_charges.provider and scopes.sub_account_id = int_charges.sub_account_id
group by int_charges.event_date, int_charges.provider, scopes.sub_account_id, int_charges.model_id
