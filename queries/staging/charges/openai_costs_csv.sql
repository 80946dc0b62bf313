-- One row of the dashboard's cost CSV: what a line item of a project cost on a day.
--
-- grain:  row of the file; rows may be equal in every dimension and add up
-- tokens: a line item bills one kind; cached input is beside input
-- docs:   https://help.openai.com/en/articles/10478918-api-usage-dashboard
--
-- A later file with the same organisation and day replaces the day. The vendor documents no columns: these are of
-- published captures. For the line items see the mapping openai_costs.
with words as (
    select
        *,
        regexp_extract(line_item, '^\s*(.+?)\s*,[^,]*$') as item_model,
        regexp_replace(trim(lower(regexp_extract(line_item, ',([^,]*)$'))), '[ _-]+', '_', 'g') as kind,
        nullif(regexp_replace(lower(quantity_unit), '^duration_', ''), '') as unit
    from openai_costs_csv
    -- a day without cost has its times only
    where amount_value is not null or nullif(line_item, '') is not null or quantity is not null
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
    concat('costs ', organization_id) as x_restates,
    _object_modified_at as x_restated_at,
    nullif(organization_id, '') as billing_account_id,
    nullif(project_id, '') as sub_account_id,
    nullif(project_name, '') as sub_account_name,
    'OpenAI' as provider_name,
    'Usage' as charge_category,
    nullif(trim(line_item), '') as charge_description,
    'Usage-Based' as charge_frequency,
    to_timestamp_seconds(start_time) as charge_period_start,
    to_timestamp_seconds(end_time) as charge_period_end,
    quantity as pricing_quantity,
    initcap(replace(unit, '_', ' ')) as pricing_unit,
    case when unit = '1000_tokens' then cast(quantity * 1000 as decimal(38,12)) else quantity end as consumed_quantity,
    case when unit = '1000_tokens' then 'Tokens' else initcap(replace(unit, '_', ' ')) end as consumed_unit,
    amount_value as billed_cost,
    upper(amount_currency) as billing_currency,
    case when nullif(api_key_id, '') is not null then concat('{"api_key_id":"', api_key_id, '"}') end as tags,
    -- a bare name is a model when it is one word with a digit, else a product such as `web search`
    coalesce(item_model, regexp_extract(trim(line_item), '^([A-Za-z][\w.:-]*[0-9][\w.:-]*)$')) as x_model_raw,
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
