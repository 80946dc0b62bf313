-- One call's cost as LiteLLM computed it when it was made: no provider billed it, and 0 where it knew no price.
--
-- grain:  request_id
-- tokens: none: the charge is for the call; its tokens are in `requests`
-- docs:   https://docs.litellm.ai/docs/proxy/cost_tracking
select
    _object_key as x_object_key,
    _line as x_line,
    -- dumps overlap: a call counts as the last of them has it, by the day in its name and then the time it was written
    request_id as x_restates,
    coalesce(
        try_cast(regexp_extract(_object_key, '^.*(\d{4}-\d{2}-\d{2})') as timestamp with time zone)
            + (_object_modified_at - date_trunc('day', _object_modified_at)),
        _object_modified_at
    ) as x_restated_at,
    nullif(api_key, '') as billing_account_id,
    nullif(team_id, '') as sub_account_id,
    nullif(metadata['user_api_key_team_alias'], '') as sub_account_name,
    nullif(custom_llm_provider, '') as provider_name,
    'LiteLLM' as invoice_issuer_name,
    'AI and Machine Learning' as service_category,
    'LiteLLM' as service_name,
    'Usage' as charge_category,
    'Usage-Based' as charge_frequency,
    "startTime" as charge_period_start,
    "endTime" as charge_period_end,
    cast(1 as decimal(38, 12)) as consumed_quantity,
    'Requests' as consumed_unit,
    request_id as resource_id,
    spend as billed_cost,
    'USD' as billing_currency,
    case
        when starts_with(custom_llm_provider, split_part(model, '/', 1))
        then regexp_replace(model, '^[^/]+/(?:(?:converse|converse_like|invoke)/)?', '')
        else nullif(model, '')
    end as x_model_raw,
    'request' as x_token_kind,
    'estimated' as x_cost_basis
from litellm_spendlogs
