-- One row per day, provider, account and model with billing lines in a currency without a rate: what logs explain of them.
--
-- grain:  event_date, provider, sub_account_id, model_id
-- method: M 0.1 (a dated rate, or none), 2.6 (no_rate is what those lines list at and no more: the rest is unexplained)
-- A line that states no tokens, or whose tokens have no price, explains nothing: `quantity` has what was logged of them.
select
    int_charges.event_date,
    int_charges.provider,
    scopes.sub_account_id,
    int_charges.model_id,
    cast(coalesce(sum(int_charges.tokens * prices.usd_per_mtok * cast('0.000001' as decimal(6, 6))), 0) as decimal(38, 12)) as list_usd
from int_charges
left join int_bill_scopes as scopes
    on scopes.provider = int_charges.provider and scopes.sub_account_id = int_charges.sub_account_id
left join int_token_bridge as prices
    on prices.event_date = int_charges.event_date and prices.provider = int_charges.provider
    and (prices.sub_account_id is not distinct from scopes.sub_account_id)
    and prices.model_id = int_charges.model_id and prices.service_tier = int_charges.service_tier
    and prices.token_kind = int_charges.token_kind
where int_charges.is_rate_missing and int_charges.line_class in ('usage')
group by int_charges.event_date, int_charges.provider, scopes.sub_account_id, int_charges.model_id
