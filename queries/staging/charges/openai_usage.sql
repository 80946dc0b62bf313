-- One counter of one result of a usage page: tokens of one kind, requests, or what else the endpoint counts.
--
-- grain:  bucket, place in its results, counter; what counts 0 has no row
-- tokens: input_tokens includes cached and written tokens: the input row holds the rest; reasoning is in output
-- docs:   https://platform.openai.com/docs/api-reference/usage
--
-- A later page with the same bucket and endpoint replaces the earlier one, whatever it is grouped by: two groupings
-- of one day would count twice. Pulls that filter (one project each) need a source each.
with buckets as (
    select _object_key, _line, _object_modified_at, unnest(data) as bucket
    from openai_usage
),

places as (
    select
        _object_key,
        _line,
        _object_modified_at,
        bucket['start_time'] as started,
        bucket['end_time'] as ended,
        coalesce(bucket['results'], bucket['result']) as results
    from buckets
),

results as (
    select
        _object_key,
        _line,
        _object_modified_at,
        started,
        ended,
        unnest(results) as r,
        unnest(range(1, cast(array_length(results) as bigint) + 1)) as place
    from places
),

counted as (
    select
        *,
        regexp_extract(r['object'], '^organization\.usage\.([a-z_]+)\.result$') as endpoint,
        coalesce(r['input_cached_tokens'], 0) as cache_read,
        -- pages without the counter: what is neither cached nor uncached was written
        coalesce(
            r['input_cache_write_tokens'],
            r['input_tokens'] - coalesce(r['input_cached_tokens'], 0) - r['input_uncached_tokens'],
            0
        ) as cache_write
    from results
    -- pages of the costs API may lie beside
    where r['object'] like 'organization.usage.%'
),

counters as (
    select
        *,
        unnest(make_array(
            named_struct('kind', 'input', 'name', 'input_tokens', 'unit', 'Tokens',
                'amount', r['input_tokens'] - cache_read - cache_write),
            named_struct('kind', 'cache_read', 'name', 'input_cached_tokens', 'unit', 'Tokens', 'amount', cache_read),
            named_struct('kind', 'cache_write_5m', 'name', 'input_cache_write_tokens', 'unit', 'Tokens',
                'amount', cache_write),
            named_struct('kind', 'output', 'name', 'output_tokens', 'unit', 'Tokens', 'amount', r['output_tokens']),
            named_struct('kind', 'request', 'name', 'num_model_requests', 'unit', 'Requests',
                'amount', r['num_model_requests']),
            -- the searches of tools are no calls of a model
            named_struct('kind', 'other', 'name', 'num_requests', 'unit', 'Requests', 'amount', r['num_requests']),
            named_struct('kind', 'other', 'name', 'num_sessions', 'unit', 'Sessions',
                'amount', coalesce(r['num_sessions'], r['sessions'])),
            named_struct('kind', 'other', 'name', 'images', 'unit', 'Images', 'amount', r['images']),
            named_struct('kind', 'other', 'name', 'characters', 'unit', 'Characters', 'amount', r['characters']),
            named_struct('kind', 'other', 'name', 'seconds', 'unit', 'Seconds', 'amount', r['seconds']),
            named_struct('kind', 'other', 'name', 'usage_bytes', 'unit', 'Bytes', 'amount', r['usage_bytes'])
        )) as counter
    from counted
)

select
    _object_key as x_object_key,
    _line as x_line,
    concat(cast(started as varchar), ' ', cast(place as varchar), ' ', counter['name']) as x_item,
    concat(endpoint, ' ', cast(started as varchar), ' ', cast(ended as varchar)) as x_restates,
    _object_modified_at as x_restated_at,
    'OpenAI' as provider_name,
    r['project_id'] as sub_account_id,
    'Usage' as charge_category,
    'Usage-Based' as charge_frequency,
    to_timestamp_seconds(started) as charge_period_start,
    to_timestamp_seconds(ended) as charge_period_end,
    cast(counter['amount'] as decimal(38,12)) as consumed_quantity,
    counter['unit'] as consumed_unit,
    concat(endpoint, ' ', counter['name']) as sku_meter,
    'USD' as billing_currency, -- of no amount: the API states none
    case when r['api_key_id'] is not null then concat('{"api_key_id":"', r['api_key_id'], '"}') end as tags,
    r['model'] as x_model_raw,
    counter['kind'] as x_token_kind,
    -- null is not grouped: `default` without the batch flag may hold batches, and the flag alone any other tier
    case
        when r['batch'] then 'batch'
        when r['service_tier'] in ('flex', 'priority') then r['service_tier']
        when r['service_tier'] = 'scale' then 'provisioned'
        when r['service_tier'] in ('default', 'standard') and not r['batch'] then 'standard'
    end as x_service_tier,
    'usage' as x_cost_basis
from counters
where counter['amount'] <> 0
