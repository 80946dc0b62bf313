-- One kind of what a key spent on a day with a model: its cost by requests, then the tokens of each kind without cost.
--
-- grain:  row of the table, x_token_kind
-- tokens: cached input is included in input and is taken out of it here (versions that leave it out are left so)
-- docs:   https://docs.litellm.ai/docs/proxy/cost_tracking
with days as (
    select
        *,
        coalesce(prompt_tokens, 0) as input_total,
        coalesce(cache_read_input_tokens, 0) as cache_read,
        coalesce(cache_creation_input_tokens, 0) as cache_write,
        cast("date" as timestamp with time zone) as day_start
    from litellm_daily_spend
    where tag is null
),

kinds as (
    select
        *,
        unnest(['request', 'input', 'cache_read', 'cache_write_5m', 'output']) as kind,
        unnest([
            coalesce(api_requests, 0),
            -- how long writes live is not in the table: they count as the short ones
            case
                when input_total >= cache_read + cache_write then input_total - cache_read - cache_write
                else input_total
            end,
            cache_read,
            cache_write,
            coalesce(completion_tokens, 0)
        ]) as quantity
    from days
)

select
    _object_key as x_object_key,
    _line as x_line,
    kind as x_item,
    -- a row grows all day: it counts as the last dump has it, by the day in its name and then the time it was written
    coalesce(
        nullif(id, ''),
        md5(concat_ws(
            '|', user_id, team_id, api_key, model, model_group, custom_llm_provider, mcp_namespaced_tool_name, endpoint
        ))
    ) as x_restates,
    coalesce(
        try_cast(regexp_extract(_object_key, '^.*(\d{4}-\d{2}-\d{2})') as timestamp with time zone)
            + (_object_modified_at - date_trunc('day', _object_modified_at)),
        _object_modified_at
    ) as x_restated_at,
    api_key as billing_account_id,
    nullif(team_id, '') as sub_account_id,
    nullif(custom_llm_provider, '') as provider_name,
    'LiteLLM' as invoice_issuer_name,
    'AI and Machine Learning' as service_category,
    'LiteLLM' as service_name,
    'Usage' as charge_category,
    'Usage-Based' as charge_frequency,
    day_start as charge_period_start,
    day_start + interval '1 day' as charge_period_end,
    cast(quantity as decimal(38, 12)) as consumed_quantity,
    case when kind = 'request' then 'Requests' else 'Tokens' end as consumed_unit,
    -- the table has one cost for all kinds: it stands beside the requests
    case when kind = 'request' then spend end as billed_cost,
    'USD' as billing_currency,
    case
        when starts_with(custom_llm_provider, split_part(model, '/', 1))
        then regexp_replace(model, '^[^/]+/(?:(?:converse|converse_like|invoke)/)?', '')
        else nullif(model, '')
    end as x_model_raw,
    kind as x_token_kind,
    case when kind = 'request' then 'estimated' else 'usage' end as x_cost_basis
from kinds
where kind = 'request' or quantity > 0
