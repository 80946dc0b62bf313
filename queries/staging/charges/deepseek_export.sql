-- One row of an export: the tokens of one kind or the requests of a key, or what a model cost that day.
--
-- grain:  row of the file
-- tokens: disjoint: cache hits, cache misses, output with reasoning
-- docs:   https://api-docs.deepseek.com/quick_start/pricing
--
-- The vendor documents no columns: these are of published readers. Days are those of the exporter's time zone, dated by
-- their start in UTC; exports of two zones must not lie in one source. A later export states its days anew. The counts
-- have no money and the money no counts; spending of a granted balance is a line like any other.
with rows_in as (
    select
        *,
        coalesce(
            start_time_iso,
            try_cast(
                regexp_replace(utc_date, '^(\d{4})-?(\d\d)-?(\d\d)$', '\1-\2-\3') as timestamp with time zone
            )
        ) as started,
        nullif(lower(type), '') as counter
    from deepseek_export
)

select
    _object_key as x_object_key,
    _line as x_line,
    case when counter is not null then 'amount' else 'cost' end as x_restates,
    _object_modified_at as x_restated_at,
    'DeepSeek' as provider_name,
    'Usage' as charge_category,
    nullif(wallet_type, '') as charge_description,
    'Usage-Based' as charge_frequency,
    started as charge_period_start,
    coalesce(end_time_iso, started + interval '1 day') as charge_period_end,
    amount as consumed_quantity,
    case
        when counter like '%token%' then 'Tokens'
        when counter = 'request_count' then 'Requests'
    end as consumed_unit,
    counter as sku_meter,
    cost as billed_cost,
    case when counter is not null then 'USD' else upper(nullif(currency, '')) end as billing_currency,
    case
        when nullif(api_key_name, '') is not null
        then concat('{"api_key":"', replace(replace(api_key_name, '\', '\\'), '"', '\"'), '"}')
    end as tags,
    model as x_model_raw,
    case counter
        when 'input_cache_miss_tokens' then 'input'
        when 'input_cache_hit_tokens' then 'cache_read'
        when 'output_tokens' then 'output'
        when 'request_count' then 'request'
        else 'other'
    end as x_token_kind,
    case when counter is not null then 'usage' else 'prepaid' end as x_cost_basis
from rows_in
