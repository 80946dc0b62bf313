-- One row of the billing export, and one more for each credit of it; model, kind and tier from the words of the SKU.
--
-- grain:  row of the export, and credit of a row (x_item); equal rows are real and only add up
-- tokens: disjoint: cached and thinking tokens have SKUs of their own; usage.unit says requests, the amount is tokens
-- docs:   https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/detailed-usage
with words as (
    select
        *,
        trim(sku['description']) as sku_text,
        lower(sku['description']) as text,
        try_cast(regexp_replace(invoice['month'], '^(\d{4})(\d{2})$', '\1-\2-01') as timestamp) as invoice_month,
        array_to_string(
            array_transform(
                array_filter(labels, label -> label['value'] is not null),
                label -> concat(
                    '"', label['key'], '":"', replace(replace(label['value'], '\', '\\'), '"', '\"'), '"'
                )
            ),
            ','
        ) as tag_text
    from gcp_billing
),

-- `Gemini 2.5 Flash GA Thinking Text Output - Predictions`, ` Gemini 2.5 Pro Input Text Caching (Long)`
kinds as (
    select
        *,
        regexp_like(text, 'gemini|claude|llama|mistral|codestral|deepseek|qwen|gpt-oss|embedding') as is_model,
        case
            when regexp_like(text, 'caching storage|cache storage') then 'storage'
            when regexp_like(text, 'provisioned throughput|tuning|training') then 'other'
            when not regexp_like(text, '\b(input|output)\b|\bcach(ed|ing|e)\b') then null
            when regexp_like(text, '\b(audio|image|video)\b') then 'other'
            when regexp_like(text, '\bcach(ed|ing|e)\b') and regexp_like(text, '\bwrite\b')
            then case when regexp_like(text, '\b1 ?h') then 'cache_write_1h' else 'cache_write_5m' end
            when regexp_like(text, '\bcach(ed|ing|e)\b') then 'cache_read'
            -- `(Thinking On)` is the price of an answer, `Thinking Text Output` counts the thoughts alone
            when regexp_like(text, '\bthinking text output\b|\b(thinking|reasoning) output\b') then 'reasoning'
            when regexp_like(text, '\boutput\b') then 'output'
            else 'input'
        end as kind,
        regexp_extract(
            sku_text,
            concat(
                '(?i)\b((?:gemini|claude|llama|mistral|codestral|deepseek|qwen|gpt-oss|embedding).*?)(?: -)?',
                '(?: (?:GA|Text|Audio|Image|Video|Thinking|Input|Output|Cached?|Caching|Batch|Priority|Flex|Global|',
                'Regional|Live|Online|Provisioned|Tuning)\b|$)'
            )
        ) as name
    from words
),

rows_in as (
    select
        *,
        cost_type = 'regular' as is_usage,
        case when is_model then kind end as token_kind,
        is_model and kind not in ('other', 'storage') and regexp_like(usage['unit'], '(?i)^(requests?|count|tokens?)$') as is_tokens
    from kinds
),

-- number 0 is the row itself
lines_out as (
    select
        *,
        unnest(generate_series(0, coalesce(cast(array_length(credits) as bigint), 0))) as credit
    from rows_in
)

select
    _object_key as x_object_key,
    _line as x_line,
    case when credit > 0 then concat('credit-', cast(credit as varchar)) end as x_item,
    billing_account_id,
    project['id'] as sub_account_id,
    project['name'] as sub_account_name,
    'Google Cloud' as provider_name,
    coalesce(seller_name, 'Google Cloud') as invoice_issuer_name,
    case when is_model or service['description'] = 'Vertex AI' then 'AI and Machine Learning' end as service_category,
    service['description'] as service_name,
    case
        when credit > 0 then 'Credit'
        when is_usage then 'Usage'
        when cost_type = 'tax' then 'Tax'
        else 'Adjustment' -- adjustment, rounding_error
    end as charge_category,
    case
        when credit = 0 and cost_type = 'adjustment' and invoice_month > date_trunc('month', usage_start_time)
        then 'Correction'
    end as charge_class,
    case
        when credit > 0 then coalesce(credits[credit]['full_name'], credits[credit]['name'], credits[credit]['id'])
        else coalesce(adjustment_info['description'], sku_text)
    end as charge_description,
    case when credit = 0 and is_usage then 'Usage-Based' else 'One-Time' end as charge_frequency,
    usage_start_time as charge_period_start,
    usage_end_time as charge_period_end,
    invoice_month as billing_period_start,
    invoice_month + interval '1 month' as billing_period_end,
    case when credit = 0 and is_usage then usage['amount_in_pricing_units'] end as pricing_quantity,
    case when credit = 0 and is_usage then usage['pricing_unit'] end as pricing_unit,
    case when credit = 0 and is_usage then usage['amount'] end as consumed_quantity,
    case when credit > 0 or not is_usage then null when is_tokens then 'Tokens' else usage['unit'] end as consumed_unit,
    sku['id'] as sku_id,
    sku_text as sku_meter,
    coalesce(resource['global_name'], resource['name']) as resource_id,
    coalesce(location['region'], location['location']) as region_id,
    case when credit > 0 then credits[credit]['amount'] else cost end as billed_cost,
    case when credit > 0 then credits[credit]['amount'] else cost end as effective_cost,
    case when credit = 0 and is_usage then cost_at_list end as list_cost,
    -- cost is what the contract asks before credits
    case when credit = 0 and is_usage and cost_at_list is not null then cost end as contracted_cost,
    currency as billing_currency,
    case when tag_text <> '' then concat('{', tag_text, '}') end as tags,
    case when token_kind is not null then name end as x_model_raw,
    token_kind as x_token_kind,
    case
        when token_kind is null then null
        when text like '%provisioned throughput%' then 'provisioned'
        else coalesce(regexp_extract(text, '\b(batch|priority|flex)\b'), 'standard')
    end as x_service_tier,
    'billed' as x_cost_basis
from lines_out
