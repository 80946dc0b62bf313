-- One row per day, provider, account, model, tier and token kind: what the billed tokens, and those nobody logged, list at.
--
-- grain:  event_date, provider, sub_account_id, model_id, service_tier, token_kind
-- method: M 2.6 (quantity = (billed - logged) * list price; ratios of 1000 or 100 are faults of unit or of cents)
with prices as (
    select
        kinds.event_date,
        kinds.provider,
        kinds.sub_account_id,
        kinds.model_id,
        kinds.service_tier,
        kinds.token_kind,
        kinds.region_class,
        kinds.logged_tokens,
        kinds.billed_tokens,
        kinds.billed_usd,
        kinds.contracted_usd,
        -- A list may leave out the price of reasoning: it is then the price of output.
        coalesce(
            max(case when model_prices.bucket = kinds.token_kind then model_prices.usd_per_mtok end),
            max(case when kinds.token_kind in ('reasoning') and model_prices.bucket in ('output') then model_prices.usd_per_mtok end)
        ) as usd_per_mtok
    from int_compared_kinds as kinds
    left join model_prices
        on model_prices.provider = kinds.provider
        and model_prices.model_id = kinds.model_id
        and model_prices.service_tier = kinds.service_tier
        and model_prices.region_class = kinds.region_class
        and model_prices.above_prompt_tokens = 0
        and model_prices.valid_from <= kinds.event_date
        and (model_prices.valid_to is null or kinds.event_date < model_prices.valid_to)
    group by
        kinds.event_date, kinds.provider, kinds.sub_account_id, kinds.model_id, kinds.service_tier, kinds.token_kind,
        kinds.region_class, kinds.logged_tokens, kinds.billed_tokens, kinds.billed_usd, kinds.contracted_usd
),

listed as (
    select
        *,
        cast(billed_tokens * usd_per_mtok * cast('0.000001' as decimal(6, 6)) as decimal(38, 12)) as billed_list_usd,
        cast(
            (billed_tokens - cast(logged_tokens as decimal(26, 6))) * usd_per_mtok * cast('0.000001' as decimal(6, 6))
            as decimal(38, 12)
        ) as difference_usd,
        case when logged_tokens > 0 then cast(billed_tokens as double) / logged_tokens end as token_ratio
    from prices
),

weighed as (
    select
        *,
        case when billed_list_usd > 0 then cast(contracted_usd as double) / cast(billed_list_usd as double) end as money_ratio
    from listed
)

select
    event_date,
    provider,
    sub_account_id,
    model_id,
    service_tier,
    token_kind,
    region_class,
    usd_per_mtok,
    logged_tokens,
    billed_tokens,
    billed_usd,
    contracted_usd,
    billed_list_usd,
    difference_usd,
    money_ratio,
    -- Off by a power of a thousand, or by a hundred, within a hundredth: a unit or cents, no usage and no discount.
    case
        when token_ratio between 990 and 1010 or token_ratio between 0.00099 and 0.00101
            or token_ratio between 990000 and 1010000 or token_ratio between 0.00000099 and 0.00000101 then 'UNIT'
        when money_ratio between 990 and 1010 or money_ratio between 0.00099 and 0.00101
            or money_ratio between 990000 and 1010000 or money_ratio between 0.00000099 and 0.00000101 then 'UNIT'
        when money_ratio between 99 and 101 or money_ratio between 0.0099 and 0.0101 then 'CENTS'
        when difference_usd is null and billed_tokens <> cast(logged_tokens as decimal(26, 6)) then 'UNPRICED'
    end as fault
from weighed
