-- One row of the Console's cost CSV: what one key paid for one kind of token on one day, rounded to cents.
--
-- grain:  row of the file
-- tokens: one kind by row, disjoint; no counts: they stand in the token CSV
-- docs:   https://support.anthropic.com/en/articles/9534590-cost-and-usage-reporting-in-console
--
-- A later file replaces the days that it holds, so files filtered to one key or workspace need a source each.
-- The vendor documents no columns: these are those of published readers.
-- The model is a display name here and an id in the token CSV. Only `batch` names a tier: `message` may be any other.
select
    _object_key as x_object_key,
    _line as x_line,
    'costs' as x_restates,
    _object_modified_at as x_restated_at,
    nullif(workspace, '') as sub_account_name,
    'Anthropic' as provider_name,
    'Usage' as charge_category,
    'Usage-Based' as charge_frequency,
    cast(usage_date_utc as timestamp with time zone) as charge_period_start,
    cast(usage_date_utc as timestamp with time zone) + interval '1 day' as charge_period_end,
    coalesce(nullif(token_type, ''), nullif(cost_type, '')) as sku_meter,
    nullif(nullif(inference_geo, ''), 'not_available') as region_id,
    cost_usd as billed_cost,
    list_price_usd as list_cost,
    'USD' as billing_currency,
    case
        when nullif(api_key_id, '') is not null then concat('{"api_key_id":"', api_key_id, '"}')
        when nullif(api_key, '') is not null
        then concat('{"api_key":"', replace(replace(api_key, '\', '\\'), '"', '\"'), '"}')
    end as tags,
    nullif(model, '') as x_model_raw,
    case token_type
        when 'input_no_cache' then 'input'
        when 'input_cache_read' then 'cache_read'
        when 'input_cache_write_5m' then 'cache_write_5m'
        when 'input_cache_write' then 'cache_write_5m'
        when 'input_cache_write_1h' then 'cache_write_1h'
        when 'output' then 'output'
        else 'other'
    end as x_token_kind,
    case when lower(usage_type) in ('batch', 'priority', 'flex') then lower(usage_type) end as x_service_tier,
    'billed' as x_cost_basis
from anthropic_costs_csv
