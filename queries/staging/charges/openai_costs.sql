-- One result of a costs page: what a line item of a project cost on a day.
--
-- grain:  day, place in its results
-- tokens: a line item bills one kind; cached input is beside input
-- docs:   https://platform.openai.com/docs/api-reference/usage/costs
--
-- A later page with the same day replaces the earlier one, whatever it is grouped by: a grouped and an ungrouped pull
-- hold the same money twice. Pulls that filter (one project each) need a source each.
-- The vendor does not list the line items: `model, kind` in two spellings and bare names were seen, cached, written and
-- batch input of the newer spelling were not. What is not known stays as kind `other`.
with buckets as (
    select _object_key, _line, _object_modified_at, unnest(data) as bucket
    from openai_costs
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

-- `model, kind` at the last comma; the kind's words joined by `_`, tier and `_tokens` apart
words as (
    select
        *,
        nullif(trim(r['line_item']), '') as line_item,
        regexp_extract(r['line_item'], '^\s*(.+?)\s*,[^,]*$') as model,
        regexp_replace(trim(lower(regexp_extract(r['line_item'], ',([^,]*)$'))), '[ _-]+', '_', 'g') as kind,
        regexp_replace(lower(r['quantity_unit']), '^duration_', '') as unit
    from results
    -- pages of the usage API may lie beside
    where r['object'] = 'organization.costs.result'
),

kinds as (
    select
        *,
        regexp_extract(kind, '(?:^|_)(batch|flex|priority)(?:_|$)') as tier,
        regexp_replace(regexp_replace(kind, '(^|_)(batch|flex|priority)(_|$)', ''), '_?tokens$', '') as bare_kind
    from words
)

select
    _object_key as x_object_key,
    _line as x_line,
    concat(cast(started as varchar), ' ', cast(place as varchar)) as x_item,
    concat('costs ', cast(started as varchar), ' ', cast(ended as varchar)) as x_restates,
    _object_modified_at as x_restated_at,
    'OpenAI' as provider_name,
    r['project_id'] as sub_account_id,
    'Usage' as charge_category,
    line_item as charge_description,
    'Usage-Based' as charge_frequency,
    to_timestamp_seconds(started) as charge_period_start,
    to_timestamp_seconds(ended) as charge_period_end,
    r['quantity'] as pricing_quantity,
    initcap(replace(unit, '_', ' ')) as pricing_unit,
    case
        when unit = '1000_tokens' then cast(r['quantity'] * 1000 as decimal(38,12))
        else r['quantity']
    end as consumed_quantity,
    case when unit = '1000_tokens' then 'Tokens' else initcap(replace(unit, '_', ' ')) end as consumed_unit,
    r['amount']['value'] as billed_cost,
    upper(r['amount']['currency']) as billing_currency,
    case when r['api_key_id'] is not null then concat('{"api_key_id":"', r['api_key_id'], '"}') end as tags,
    -- a bare name is a model when it is one word with a digit, else a product such as `web search`
    coalesce(model, regexp_extract(line_item, '^([A-Za-z][\w.:-]*[0-9][\w.:-]*)$')) as x_model_raw,
    case
        when bare_kind in ('input', 'uncached_input', 'input_uncached') then 'input'
        when bare_kind in ('cached_input', 'input_cached', 'cache_read_input', 'input_cache_read') then 'cache_read'
        when bare_kind in ('cache_write_input', 'input_cache_write', 'cache_write') then 'cache_write_5m'
        when bare_kind = 'output' then 'output'
        else 'other'
    end as x_token_kind,
    tier as x_service_tier,
    'billed' as x_cost_basis
from kinds
