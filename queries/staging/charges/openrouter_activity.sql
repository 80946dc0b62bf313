-- One figure of one endpoint's day: the credits spent, tokens in, tokens out, or requests.
--
-- grain:  day, permaslug, endpoint, figure: one line of money beside three of counts, which have none
-- tokens: prompt_tokens may hold cached ones, which are not counted apart; reasoning is in output
-- docs:   https://openrouter.ai/docs/api/api-reference/analytics/get-user-activity
--
-- An answer holds 30 days: a later one states its days anew. An answer filtered to one key needs a source of its own.
-- What the caller's own keys paid is on the provider's bill and not here; the fee on buying credits is in no answer.
with days as (
    select
        _object_key,
        _line,
        _object_modified_at,
        unnest(data) as r,
        unnest(range(1, cast(array_length(data) as bigint) + 1)) as place
    from openrouter_activity
),

figures as (
    select
        *,
        unnest(make_array(
            named_struct('kind', 'other', 'name', 'usage', 'unit', cast(null as varchar),
                'amount', cast(null as bigint), 'cost', r['usage']),
            named_struct('kind', 'input', 'name', 'prompt_tokens', 'unit', 'Tokens',
                'amount', r['prompt_tokens'], 'cost', cast(null as decimal(38,12))),
            named_struct('kind', 'output', 'name', 'completion_tokens', 'unit', 'Tokens',
                'amount', r['completion_tokens'], 'cost', cast(null as decimal(38,12))),
            named_struct('kind', 'request', 'name', 'requests', 'unit', 'Requests',
                'amount', r['requests'], 'cost', cast(null as decimal(38,12)))
        )) as figure
    from days
)

select
    _object_key as x_object_key,
    _line as x_line,
    concat(cast(place as varchar), ' ', figure['name']) as x_item,
    'activity' as x_restates,
    _object_modified_at as x_restated_at,
    'OpenRouter' as provider_name,
    r['provider_name'] as publisher_name,
    'OpenRouter' as invoice_issuer_name,
    'Usage' as charge_category,
    'Usage-Based' as charge_frequency,
    cast(r['date'] as timestamp with time zone) as charge_period_start,
    cast(r['date'] as timestamp with time zone) + interval '1 day' as charge_period_end,
    cast(figure['amount'] as decimal(38,12)) as consumed_quantity,
    figure['unit'] as consumed_unit,
    figure['name'] as sku_meter,
    r['endpoint_id'] as resource_id,
    figure['cost'] as billed_cost,
    'USD' as billing_currency,
    coalesce(r['model_permaslug'], r['model']) as x_model_raw,
    figure['kind'] as x_token_kind,
    case when figure['name'] = 'usage' then 'prepaid' else 'usage' end as x_cost_basis
from figures
where figure['name'] = 'usage' or figure['amount'] <> 0
