-- One counter of one row of the Console's token CSV: tokens of one kind, or web searches.
--
-- grain:  row of the file, counter; what counts 0 has no row
-- tokens: disjoint as logged; writes of older files, which name no lifetime, are taken as short; no requests
-- docs:   https://support.anthropic.com/en/articles/9534590-cost-and-usage-reporting-in-console
--
-- A later file replaces the days that it holds, so files filtered to one key or workspace need a source each.
-- The vendor documents no columns: these are those of published readers.
with counters as (
    select
        *,
        unnest(make_array(
            named_struct('kind', 'input', 'name', 'input_no_cache', 'unit', 'Tokens',
                'amount', usage_input_tokens_no_cache),
            named_struct('kind', 'cache_read', 'name', 'input_cache_read', 'unit', 'Tokens',
                'amount', usage_input_tokens_cache_read),
            named_struct('kind', 'cache_write_5m', 'name', 'input_cache_write_5m', 'unit', 'Tokens',
                'amount', coalesce(usage_input_tokens_cache_write_5m, usage_input_tokens_cache_write)),
            named_struct('kind', 'cache_write_1h', 'name', 'input_cache_write_1h', 'unit', 'Tokens',
                'amount', usage_input_tokens_cache_write_1h),
            named_struct('kind', 'output', 'name', 'output', 'unit', 'Tokens', 'amount', usage_output_tokens),
            named_struct('kind', 'other', 'name', 'web_search', 'unit', 'Requests', 'amount', web_search_count)
        )) as counter
    from anthropic_tokens_csv
)

select
    _object_key as x_object_key,
    _line as x_line,
    counter['name'] as x_item,
    'usage' as x_restates,
    _object_modified_at as x_restated_at,
    nullif(workspace, '') as sub_account_name,
    'Anthropic' as provider_name,
    'Usage' as charge_category,
    'Usage-Based' as charge_frequency,
    cast(usage_date_utc as timestamp with time zone) as charge_period_start,
    cast(usage_date_utc as timestamp with time zone) + interval '1 day' as charge_period_end,
    cast(counter['amount'] as decimal(38,12)) as consumed_quantity,
    counter['unit'] as consumed_unit,
    counter['name'] as sku_meter,
    nullif(nullif(inference_geo, ''), 'not_available') as region_id,
    'USD' as billing_currency, -- of no amount: the file states none
    -- the key's name is all that the file has
    case
        when nullif(api_key, '') is not null
        then concat('{"api_key":"', replace(replace(api_key, '\', '\\'), '"', '\"'), '"}')
    end as tags,
    nullif(model_version, '') as x_model_raw,
    counter['kind'] as x_token_kind,
    case
        when lower(usage_type) in ('standard', 'batch', 'priority', 'flex') then lower(usage_type)
    end as x_service_tier,
    'usage' as x_cost_basis
from counters
where counter['amount'] <> 0
