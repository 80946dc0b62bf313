-- One counter of one row of the dashboard's usage CSV: tokens of one kind, or requests.
--
-- grain:  row of the file, counter; rows may be equal in every dimension and add up; what counts 0 has no row
-- tokens: input_tokens includes cached and written tokens: the input row holds the rest; reasoning is in output
-- docs:   https://help.openai.com/en/articles/10478918-api-usage-dashboard
--
-- A later file with the same endpoint (the first part of its name) and day replaces the day. The vendor documents no
-- columns: these are of published captures, which lack the written tokens: the rest of the input was written.
with counted as (
    select
        *,
        coalesce(regexp_extract(_object_key, '(?:^|/)([a-z_]+)_usage_[^/]*$'), 'completions') as endpoint,
        coalesce(input_cached_tokens, 0) as cache_read,
        coalesce(
            input_cache_write_tokens,
            input_tokens - coalesce(input_cached_tokens, 0) - input_uncached_tokens,
            0
        ) as cache_write
    from openai_usage_csv
),

counters as (
    select
        *,
        unnest(make_array(
            named_struct('kind', 'input', 'name', 'input_tokens', 'unit', 'Tokens',
                'amount', cast(input_tokens - cache_read - cache_write as decimal(38,12))),
            named_struct('kind', 'cache_read', 'name', 'input_cached_tokens', 'unit', 'Tokens',
                'amount', cast(cache_read as decimal(38,12))),
            named_struct('kind', 'cache_write_5m', 'name', 'input_cache_write_tokens', 'unit', 'Tokens',
                'amount', cast(cache_write as decimal(38,12))),
            named_struct('kind', 'output', 'name', 'output_tokens', 'unit', 'Tokens', 'amount', output_tokens),
            named_struct('kind', 'request', 'name', 'num_model_requests', 'unit', 'Requests',
                'amount', num_model_requests)
        )) as counter
    from counted
)

select
    _object_key as x_object_key,
    _line as x_line,
    counter['name'] as x_item,
    concat(endpoint, ' usage') as x_restates,
    _object_modified_at as x_restated_at,
    'OpenAI' as provider_name,
    nullif(project_id, '') as sub_account_id,
    'Usage' as charge_category,
    'Usage-Based' as charge_frequency,
    to_timestamp_seconds(start_time) as charge_period_start,
    to_timestamp_seconds(end_time) as charge_period_end,
    counter['amount'] as consumed_quantity,
    counter['unit'] as consumed_unit,
    concat(endpoint, ' ', counter['name']) as sku_meter,
    'USD' as billing_currency, -- of no amount: the file states none
    case when nullif(api_key_id, '') is not null then concat('{"api_key_id":"', api_key_id, '"}') end as tags,
    nullif(model, '') as x_model_raw,
    counter['kind'] as x_token_kind,
    -- empty is not grouped: `default` without the batch flag may hold batches, and the flag alone any other tier
    case
        when batch then 'batch'
        when service_tier in ('flex', 'priority') then service_tier
        when service_tier = 'scale' then 'provisioned'
        when service_tier in ('default', 'standard') and not batch then 'standard'
    end as x_service_tier,
    'usage' as x_cost_basis
from counters
where counter['amount'] <> 0
