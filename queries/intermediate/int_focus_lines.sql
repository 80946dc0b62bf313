-- One row per charge of the open and the previous month: what requests explain, by workload, and what the bill alone knows.
--
-- grain:  charge_key
-- method: M 0.6 (every dollar of the bill is in one line), 2.6
with both_sides as (
    select * from int_focus_calculated
    union all by name
    select * from int_focus_charges
),

covered as (
    select event_date, provider, bool_or(is_covered) as is_covered from int_bridge group by event_date, provider
)

select
    charge_key,
    bill_record_id,
    bridge_term,
    workload_id,
    provider_name,
    coalesce(publisher_name, provider_name, both_sides.provider) as publisher_name,
    coalesce(invoice_issuer_name, provider_name, both_sides.provider) as invoice_issuer_name,
    coalesce(billing_account_id, both_sides.provider) as billing_account_id,
    sub_account_id,
    invoice_id,
    -- Names of accounts are rarely known; FOCUS wants one beside each id.
    coalesce(sub_account_name, sub_account_id) as sub_account_name,
    coalesce(service_category, 'AI and Machine Learning') as service_category,
    coalesce(service_name, both_sides.provider) as service_name,
    coalesce(service_subcategory, case when service_category is null then 'Generative AI' else concat('Other (', service_category, ')') end)
        as service_subcategory,
    charge_category,
    charge_class,
    coalesce(charge_description, replace(bridge_term, '_', ' ')) as charge_description,
    coalesce(charge_frequency, case when charge_category in ('Usage') then 'Usage-Based' else 'One-Time' end) as charge_frequency,
    coalesce(charge_period_start, cast(both_sides.event_date as timestamp) at time zone 'UTC') as charge_period_start,
    coalesce(charge_period_end, cast(cast(both_sides.event_date as timestamp) + interval '1 day' as timestamp) at time zone 'UTC') as charge_period_end,
    coalesce(billing_period_start, cast(date_trunc('month', both_sides.event_date) as timestamp) at time zone 'UTC') as billing_period_start,
    coalesce(billing_period_end, cast(date_trunc('month', both_sides.event_date) + interval '1 month' as timestamp) at time zone 'UTC')
        as billing_period_end,
    region_id,
    sku_id,
    sku_meter,
    sku_price_id,
    sku_price_details,
    coalesce(tags, '{}') as tags,
    commitment_discount_id,
    pricing_category,
    list_unit_price,
    pricing_quantity,
    pricing_unit,
    -- A charge of usage that counts nothing counts itself: FOCUS wants a quantity on each.
    coalesce(consumed_quantity, cast(case when charge_category in ('Usage') then 1 end as decimal(38, 12))) as consumed_quantity,
    coalesce(consumed_unit, case when charge_category in ('Usage') then 'Charges' end) as consumed_unit,
    usd,
    list_usd,
    contracted_usd,
    effective_usd,
    coalesce(covered.is_covered, false) as is_billed,
    both_sides.event_date
from both_sides
left join covered on covered.event_date = both_sides.event_date and covered.provider = both_sides.provider
