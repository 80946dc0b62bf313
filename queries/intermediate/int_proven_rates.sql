-- One row per provider, account and model whose bill states no contracted prices, yet asks for the same share of list every day.
--
-- grain:  provider, sub_account_id, model_id
-- method: M 2.6 (a rate is inferred only if billed / list is the same within 0.1 % on at least 7 days and every token kind)
select
    provider,
    sub_account_id,
    model_id,
    count(distinct event_date) as proven_days,
    min(money_ratio) as lowest_ratio,
    max(money_ratio) as highest_ratio
from int_token_bridge
where billed_tokens > 0
group by provider, sub_account_id, model_id
having count(distinct event_date) >= 7
    -- A kind without a price, or a fault of unit, proves nothing.
    and count(*) = count(money_ratio)
    and count(fault) = 0
    and max(money_ratio) - min(money_ratio) <= 0.001 * max(money_ratio)
    -- Within 0.1 % of list is list; beyond a factor of five is no discount (M 2.7).
    and (max(money_ratio) < 0.999 or min(money_ratio) > 1.001)
    and min(money_ratio) >= 0.2
    and max(money_ratio) <= 1.25
