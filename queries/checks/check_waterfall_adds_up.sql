-- Steps of the waterfall that do not start where the one before ended, do not add up, or miss the supported figure.
--
-- severity: error
-- because:  the way from the naive claim to the supported figure is exact, to the cent
with discounts as (
    select count(*) as models from int_rate_factors where rate_ratio <> 1.0
),

placed as (
    select
        savings_waterfall.*,
        coalesce(lag(after_usd) over (order by place), cast(0 as decimal(18, 2))) as last_after_usd,
        row_number() over (order by place) as wanted_place,
        -- Before one-off cost is spread, and where list prices are paid in full, it is the supported figure of the page.
        case
            when step in ('upkeep') and discounts.models = 0 then headline.supported_net_monthly_savings_usd
            else after_usd
        end as wanted_after_usd
    from savings_waterfall
    cross join headline
    cross join discounts
)

select place, step, before_usd, change_usd, after_usd, last_after_usd, wanted_after_usd
from placed
where before_usd <> last_after_usd or before_usd + change_usd <> after_usd or place <> wanted_place or after_usd <> wanted_after_usd
