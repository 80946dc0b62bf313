-- One row per bundle that passes the gates and would save: its cost lines with rework, in a month, once, and as ranges.
--
-- grain:  recommendation_id
-- method: M 5.7 (expected rework), 6.2, 6.3, 6.7 (rework at both ends of the loss of quality)
select
    economics.*,
    proven.loss_mean is not null as is_rework_measured,
    economics.requests * economics.wrong_answer_usd * coalesce(
        proven.expected_loss,
        greatest(economics.hint_loss * hint.distribution + economics.hint_loss_sd * hint.density, 0.0)
    ) as rework_usd,
    economics.requests * economics.wrong_answer_usd * greatest(
        coalesce(proven.loss_mean, economics.hint_loss) - economics.z90 * coalesce(proven.loss_sd, economics.hint_loss_sd), 0.0
    ) as rework_low_usd,
    economics.requests * economics.wrong_answer_usd * greatest(
        coalesce(proven.loss_mean, economics.hint_loss) + economics.z90 * coalesce(proven.loss_sd, economics.hint_loss_sd), 0.0
    ) as rework_high_usd,
    -- An evaluation that was made has its cost: people score both answers unless a program did.
    case
        when proven.loss_mean is not null
            then proven.items * (economics.item_tokens_usd + case when proven.method in ('human') then 2 * economics.review_usd else 0.0 end)
        else planned.evaluation_usd
    end as evaluation_usd,
    volume.month_spread,
    volume.horizon_spread
from int_bundle_economics as economics
inner join int_bundles_proven as proven on proven.recommendation_id = economics.recommendation_id
inner join int_evaluation_values as planned on planned.recommendation_id = economics.recommendation_id
inner join int_workload_volume as volume on volume.workload_id = economics.workload_id
left join int_normals as hint on hint.purpose in ('hint') and hint.recommendation_id = economics.recommendation_id
