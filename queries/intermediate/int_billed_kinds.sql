-- One row per day, provider, account, model, tier, region and token kind: what the bill counts and asks for.
--
-- grain:  event_date, provider, sub_account_id, model_id, service_tier, region_class, token_kind
-- method: M 2.6 (tokens first, then money)
with lines_in as (
    select int_charges.*, scopes.sub_account_id as account_id
    from int_charges
    left join int_bill_scopes as scopes
        on scopes.provider = int_charges.provider and scopes.sub_account_id = int_charges.sub_account_id
    where int_charges.line_class in ('usage')
),

-- What the bill tells apart decides what is compared: a bill without tiers is held against all tiers together; in one that
-- names some, a line without a name is standard.
words as (
    select
        event_date,
        provider,
        account_id,
        model_id,
        bool_or(service_tier is not null) as has_tiers,
        bool_or(token_kind in ('reasoning')) as has_reasoning,
        -- Tokens of lines with money count; those of a usage report stand in only where no such line has any.
        bool_or(is_billed and tokens is not null) as has_counts
    from lines_in
    group by event_date, provider, account_id, model_id
)

select
    lines_in.event_date,
    lines_in.provider,
    lines_in.account_id as sub_account_id,
    lines_in.model_id,
    coalesce(lines_in.service_tier, 'standard') as service_tier,
    coalesce(lines_in.token_kind, 'other') as token_kind,
    lines_in.region_class,
    words.has_tiers,
    words.has_reasoning,
    cast(coalesce(sum(case when lines_in.is_billed = words.has_counts then lines_in.tokens end), 0) as decimal(26, 6)) as tokens,
    sum(lines_in.billed_usd) as billed_usd,
    sum(coalesce(lines_in.contracted_usd, lines_in.billed_usd)) as contracted_usd
from lines_in
inner join words
    on words.event_date = lines_in.event_date
    and words.provider = lines_in.provider
    and (words.account_id is not distinct from lines_in.account_id)
    and words.model_id = lines_in.model_id
group by
    lines_in.event_date, lines_in.provider, lines_in.account_id, lines_in.model_id,
    coalesce(lines_in.service_tier, 'standard'),
    coalesce(lines_in.token_kind, 'other'), lines_in.region_class, words.has_tiers, words.has_reasoning
