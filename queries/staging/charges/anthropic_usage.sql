-- One counter of one result of a usage page: tokens of one kind, or web searches.
--
-- grain:  bucket, place in its results, counter; what counts 0 has no row
-- tokens: disjoint as logged: uncached input, two kinds of cache writes, reads; thinking is in output; no requests
-- docs:   https://docs.anthropic.com/en/api/admin-api/usage-cost/get-messages-usage-report
--
-- A later page with the same bucket replaces the earlier one, whatever it is grouped by: two groupings of one day would
-- count twice. Pulls that filter (one workspace each) need a source each.
with buckets as (
    select _object_key, _line, _object_modified_at, unnest(data) as bucket
    from anthropic_usage
),

results as (
    select
        _object_key,
        _line,
        _object_modified_at,
        bucket['starting_at'] as started,
        bucket['ending_at'] as ended,
        unnest(bucket['results']) as r,
        unnest(range(1, cast(array_length(bucket['results']) as bigint) + 1)) as place
    from buckets
),

counters as (
    select
        *,
        unnest(make_array(
            named_struct('kind', 'input', 'name', 'uncached_input_tokens', 'unit', 'Tokens',
                'amount', r['uncached_input_tokens']),
            named_struct('kind', 'cache_read', 'name', 'cache_read_input_tokens', 'unit', 'Tokens',
                'amount', r['cache_read_input_tokens']),
            named_struct('kind', 'cache_write_5m', 'name', 'ephemeral_5m_input_tokens', 'unit', 'Tokens',
                'amount', r['cache_creation']['ephemeral_5m_input_tokens']),
            named_struct('kind', 'cache_write_1h', 'name', 'ephemeral_1h_input_tokens', 'unit', 'Tokens',
                'amount', r['cache_creation']['ephemeral_1h_input_tokens']),
            named_struct('kind', 'output', 'name', 'output_tokens', 'unit', 'Tokens', 'amount', r['output_tokens']),
            named_struct('kind', 'other', 'name', 'web_search_requests', 'unit', 'Requests',
                'amount', r['server_tool_use']['web_search_requests'])
        )) as counter
    from results
)

select
    _object_key as x_object_key,
    _line as x_line,
    concat(cast(to_unixtime(started) as varchar), ' ', cast(place as varchar), ' ', counter['name']) as x_item,
    concat('usage ', cast(to_unixtime(started) as varchar), ' ', cast(to_unixtime(ended) as varchar)) as x_restates,
    _object_modified_at as x_restated_at,
    'Anthropic' as provider_name,
    r['workspace_id'] as sub_account_id,
    'Usage' as charge_category,
    'Usage-Based' as charge_frequency,
    started as charge_period_start,
    ended as charge_period_end,
    cast(counter['amount'] as decimal(38,12)) as consumed_quantity,
    counter['unit'] as consumed_unit,
    counter['name'] as sku_meter,
    nullif(r['inference_geo'], 'not_available') as region_id,
    'USD' as billing_currency, -- of no amount: the report states none
    case when r['api_key_id'] is not null then concat('{"api_key_id":"', r['api_key_id'], '"}') end as tags,
    r['model'] as x_model_raw,
    counter['kind'] as x_token_kind,
    case
        when r['service_tier'] like 'priority%' then 'priority'
        when r['service_tier'] like 'flex%' then 'flex'
        else r['service_tier']
    end as x_service_tier,
    'usage' as x_cost_basis
from counters
where counter['amount'] <> 0
