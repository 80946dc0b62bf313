-- One row per terms of a move and month: what is left of the saving, and what a dollar of that month is worth today.
--
-- grain:  fade_low, fade, fade_high, monthly_rate, lead_months, horizon_months, retraining_months, month
-- by_workload: yes
-- method: M 6.4 (fade since the last training), 6.5 (savings start after the lead)
with terms as (
    select distinct fade_low, fade, fade_high, monthly_rate, lead_months, horizon_months, retraining_months
    from int_bundle_economics
),

calendar as (
    select unnest(generate_series(1, 120)) as month
),

aged as (
    select
        terms.*,
        calendar.month,
        case
            when terms.retraining_months > 0 then (calendar.month - terms.lead_months - 1) % terms.retraining_months
            else calendar.month - terms.lead_months - 1
        end as age
    from terms
    inner join calendar on calendar.month > terms.lead_months and calendar.month <= terms.horizon_months
)

select
    fade_low,
    fade,
    fade_high,
    monthly_rate,
    lead_months,
    horizon_months,
    retraining_months,
    month,
    power(1 - fade_low, age) as left_best,
    power(1 - fade, age) as left_expected,
    -- Of this month and all before it.
    sum(power(1 - fade, age)) over (
        partition by fade_low, fade, fade_high, monthly_rate, lead_months, horizon_months, retraining_months
        order by month rows between unbounded preceding and current row
    ) as left_so_far,
    power(1 - fade_high, age) as left_worst,
    1 / power(1 + monthly_rate, month) as worth
from aged
