-- One row per workload and cause: what it adds to the spend of this window over the one before; a row without a workload is all.
--
-- grain:  workload_id, effect
-- method: M 8.2 (a vendor's cut is never booked as our saving: it is the effect `price`)
with effects as (
    select
        int_spend_steps.workload_id,
        names.effect,
        names.place,
        int_spend_steps.requests_0,
        int_spend_steps.requests_1,
        case names.effect
            when 'previous' then cost_0_usd
            when 'volume' then after_volume_usd - full_0_usd
            when 'mix' then after_mix_usd - after_volume_usd
            when 'model' then after_model_usd - after_mix_usd
            when 'tier' then after_tier_usd - after_model_usd
            when 'tokens' then full_1_usd - after_tier_usd
            when 'unpriced' then full_0_usd - reference_0_usd + reference_1_usd - full_1_usd
            when 'price' then cost_1_usd - reference_1_usd + reference_0_usd - cost_0_usd
            else cost_1_usd
        end as amount_usd
    from int_spend_steps
    cross join (
        values ('previous', 1), ('volume', 2), ('mix', 3), ('model', 4), ('tier', 5), ('tokens', 6), ('price', 7), ('unpriced', 8), ('current', 9)
    ) as names (effect, place)
)

select workload_id, effect, place, cast(amount_usd as decimal(38, 12)) as amount_usd, requests_0 as previous_requests, requests_1 as current_requests
from effects
union all
select cast(null as varchar), effect, place, cast(sum(amount_usd) as decimal(38, 12)), sum(requests_0), sum(requests_1)
from effects
group by effect, place
