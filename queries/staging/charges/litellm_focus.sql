-- One charge of LiteLLM's FOCUS export: a key's day with a model, or one kind of tokens of a call.
--
-- grain:  day, key, team, user, model, alias, provider; the row of the file where the export breaks calls down
-- tokens: none: the export counts requests; broken down, prompt tokens have the cached ones inside and are of no kind
-- docs:   https://docs.litellm.ai/docs/observability/focus
with lines_in as (
    select
        *,
        "ConsumedUnit" = 'token' as is_broken_down,
        -- the window's end in the file's name: usage-20261005T080000Z-20261005T090000Z.parquet
        try_cast(regexp_replace(
            regexp_extract(_object_key, '(\d{8}T\d{6}Z)\.(?:parquet|csv)'),
            '^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$',
            '\1-\2-\3T\4:\5:\6Z'
        ) as timestamp with time zone) as window_end
    from litellm_focus
)

select
    _object_key as x_object_key,
    _line as x_line,
    -- each file holds the rows that grew in its window, with the whole day's total: the newest file of each row counts.
    -- Calls broken down are sent once.
    case
        when not coalesce(is_broken_down, false)
        then md5(concat_ws(
            '|', "BillingAccountId", "SubAccountId", "Tags"['user_id'], "ChargeDescription", "ServiceName",
            "ProviderName"
        ))
    end as x_restates,
    coalesce(window_end, _object_modified_at) as x_restated_at,
    nullif("BillingAccountId", '') as billing_account_id,
    nullif("SubAccountId", '') as sub_account_id,
    nullif("SubAccountName", '') as sub_account_name,
    nullif("ProviderName", '') as provider_name,
    nullif("PublisherName", '') as publisher_name,
    'LiteLLM' as invoice_issuer_name,
    nullif("ServiceCategory", '') as service_category,
    'LiteLLM' as service_name,
    nullif("ServiceSubcategory", '') as service_subcategory,
    "ChargeCategory" as charge_category,
    nullif("ChargeDescription", '') as charge_description,
    nullif("ChargeFrequency", '') as charge_frequency,
    "ChargePeriodStart" as charge_period_start,
    "ChargePeriodEnd" as charge_period_end,
    "BillingPeriodStart" as billing_period_start,
    "BillingPeriodEnd" as billing_period_end,
    "PricingQuantity" as pricing_quantity,
    case when is_broken_down then 'Tokens' else nullif("PricingUnit", '') end as pricing_unit,
    "ConsumedQuantity" as consumed_quantity,
    case when is_broken_down then 'Tokens' else nullif("ConsumedUnit", '') end as consumed_unit,
    "BilledCost" as billed_cost,
    "EffectiveCost" as effective_cost,
    "ListCost" as list_cost,
    "ContractedCost" as contracted_cost,
    "BillingCurrency" as billing_currency,
    case
        when starts_with("ProviderName", split_part("ChargeDescription", '/', 1))
        then regexp_replace("ChargeDescription", '^[^/]+/(?:(?:converse|converse_like|invoke)/)?', '')
        else nullif("ChargeDescription", '')
    end as x_model_raw,
    case
        when not coalesce(is_broken_down, false) then 'request'
        when "ServiceSubcategory" = 'completion_token' then 'output'
        when "ServiceSubcategory" = 'cache_read_token' then 'cache_read'
        when "ServiceSubcategory" = 'cache_creation_token' then 'cache_write_5m'
        else 'other'
    end as x_token_kind,
    'estimated' as x_cost_basis
from lines_in
