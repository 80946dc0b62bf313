-- One row per billing line of the open and the previous month that no request explains: as the bill has it, its money in USD.
--
-- grain:  charge_key
-- method: M 2.6 (credits, tax, support and commitments are lines, never spread)
with terms as (
    select * from (
        values ('commitment', 'commitment'), ('credit', 'credits'), ('tax', 'tax'), ('support', 'support'), ('adjustment', 'adjustments'),
            ('usage', 'quantity'), ('cache_storage', 'cache_storage'), ('other_usage', 'other_usage'), ('unmapped_model', 'unmapped_model')
    ) as terms (line_class, bridge_term)
),

lines as (
    select
        charges.*,
        terms.bridge_term,
        int_charges.provider,
        int_charges.billed_usd,
        int_charges.effective_usd,
        int_charges.contracted_usd,
        int_charges.list_usd,
        charges.charge_category in ('Usage') and charges.consumed_quantity is not null and charges.consumed_unit is not null as is_counted,
        charges.charge_category not in ('Tax') and charges.pricing_quantity is not null and charges.pricing_unit is not null as is_priced
    from int_charges
    cross join settings
    inner join terms on terms.line_class = int_charges.line_class
    inner join charges on charges.x_record_id = int_charges.x_record_id
    left join int_bill_scopes as scopes
        on scopes.provider = int_charges.provider and scopes.sub_account_id = int_charges.sub_account_id
    left join int_focus_unlogged as unlogged
        on unlogged.event_date = int_charges.event_date
        and unlogged.provider = int_charges.provider
        and (unlogged.sub_account_id is not distinct from scopes.sub_account_id)
        and (unlogged.model_id is not distinct from int_charges.model_id)
    -- A line without money in USD is counted where the bill is: in no_rate.
    where int_charges.billed_usd is not null
        -- Usage that requests explain stands by workload.
        and (int_charges.line_class not in ('usage') or unlogged.provider is not null)
        and int_charges.event_date >= cast(date_trunc('month', settings.run_date) - interval '1 month' as date)
)

select
    concat('bill/', x_record_id) as charge_key,
    x_record_id as bill_record_id,
    bridge_term,
    provider,
    provider_name,
    publisher_name,
    invoice_issuer_name,
    billing_account_id,
    sub_account_id,
    sub_account_name,
    invoice_id,
    service_category,
    service_name,
    service_subcategory,
    charge_category,
    charge_class,
    charge_description,
    -- A purchase is no usage, whatever a bill calls its frequency, and a tax has no SKU: FOCUS has rules for both.
    case when not (charge_category in ('Purchase') and charge_frequency in ('Usage-Based')) then charge_frequency end as charge_frequency,
    charge_period_start,
    charge_period_end,
    billing_period_start,
    billing_period_end,
    region_id,
    case when charge_category not in ('Tax') then sku_id end as sku_id,
    -- FOCUS wants a unit price beside the name of a price, and charges keep none: the name stays with them.
    case when sku_id is not null and charge_category not in ('Tax') then sku_meter end as sku_meter,
    case when regexp_like(tags, '^\{.*\}$') then tags end as tags,
    commitment_discount_id,
    case when charge_category not in ('Tax') then pricing_category end as pricing_category,
    case when is_priced then pricing_quantity end as pricing_quantity,
    case when is_priced then pricing_unit end as pricing_unit,
    case when is_counted then consumed_quantity end as consumed_quantity,
    case when is_counted then consumed_unit end as consumed_unit,
    billed_usd as usd,
    coalesce(list_usd, contracted_usd, billed_usd) as list_usd,
    coalesce(contracted_usd, billed_usd) as contracted_usd,
    effective_usd,
    event_date
from lines
