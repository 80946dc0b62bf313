-- One result of a cost page: what a workspace paid for one description on a day, in dollars.
--
-- grain:  day, place in its results
-- tokens: one kind by line, disjoint; no counts: they stand in the usage report
-- docs:   https://docs.anthropic.com/en/api/admin-api/usage-cost/get-cost-report
--
-- A later page with the same day replaces the earlier one, whatever it is grouped by: a grouped and an ungrouped pull
-- hold the same money twice. Pulls that filter need a source each. The Priority Tier's cost is not in the report.
with buckets as (
    select _object_key, _line, _object_modified_at, unnest(data) as bucket
    from anthropic_costs
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
)

select
    _object_key as x_object_key,
    _line as x_line,
    concat(cast(to_unixtime(started) as varchar), ' ', cast(place as varchar)) as x_item,
    concat('costs ', cast(to_unixtime(started) as varchar), ' ', cast(to_unixtime(ended) as varchar)) as x_restates,
    _object_modified_at as x_restated_at,
    'Anthropic' as provider_name,
    r['workspace_id'] as sub_account_id,
    'Usage' as charge_category,
    r['description'] as charge_description,
    'Usage-Based' as charge_frequency,
    started as charge_period_start,
    ended as charge_period_end,
    coalesce(r['token_type'], r['cost_type']) as sku_meter,
    nullif(r['inference_geo'], 'not_available') as region_id,
    cast(r['amount'] * cast('0.01' as decimal(3,2)) as decimal(38,12)) as billed_cost,
    upper(r['currency']) as billing_currency,
    r['model'] as x_model_raw,
    case r['token_type']
        when 'uncached_input_tokens' then 'input'
        when 'cache_read_input_tokens' then 'cache_read'
        when 'cache_creation.ephemeral_5m_input_tokens' then 'cache_write_5m'
        when 'cache_creation.ephemeral_1h_input_tokens' then 'cache_write_1h'
        when 'output_tokens' then 'output'
        else 'other'
    end as x_token_kind,
    case
        when r['service_tier'] like 'priority%' then 'priority'
        when r['service_tier'] like 'flex%' then 'flex'
        else r['service_tier']
    end as x_service_tier,
    'billed' as x_cost_basis
from results
-- pages of the usage report may lie beside
where r['amount'] is not null or r['currency'] is not null
