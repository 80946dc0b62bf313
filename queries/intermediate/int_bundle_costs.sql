-- One row per bundle that passes the gates and would save: its cost lines with rework, in a month, once, and as ranges.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 5.7 (expected rework), 6.2, 6.3, 6.7 (rework at both ends of the loss of quality)
with losses as (
    -- The same answers lose nothing: no rework, nothing to evaluate.
    select
        economics.*,
        proven.items,
        proven.method,
        proven.loss_mean is not null as is_evaluated,
        proven.loss_mean is not null or not economics.needs_verdict as is_rework_measured,
        case when economics.needs_verdict then coalesce(
            proven.expected_loss,
            greatest(economics.hint_loss * hint.distribution + economics.hint_loss_sd * hint.density, 0.0)
        ) else 0.0 end as expected_loss,
        case when economics.needs_verdict then coalesce(proven.loss_mean, economics.hint_loss) else 0.0 end as loss_mean,
        case when economics.needs_verdict then coalesce(proven.loss_sd, economics.hint_loss_sd) else 0.0 end as loss_sd
    from int_bundle_economics as economics
    inner join int_bundles_proven as proven on proven.recommendation_id = economics.recommendation_id
    left join int_normals as hint on hint.purpose in ('hint') and hint.recommendation_id = economics.recommendation_id
)

select
    losses.*,
    losses.requests * losses.wrong_answer_usd * losses.expected_loss as rework_usd,
    losses.requests * losses.wrong_answer_usd * greatest(losses.loss_mean - losses.z90 * losses.loss_sd, 0.0) as rework_low_usd,
    losses.requests * losses.wrong_answer_usd * greatest(losses.loss_mean + losses.z90 * losses.loss_sd, 0.0) as rework_high_usd,
    -- An evaluation that was made has its cost: people score both answers unless a program did.
    case
        when not losses.needs_verdict then 0.0
        when losses.is_evaluated
            then losses.items * (losses.item_tokens_usd + case when losses.method in ('human') then 2 * losses.review_usd else 0.0 end)
        else planned.evaluation_usd
    end as evaluation_usd,
    volume.month_spread,
    volume.horizon_spread
from losses
left join int_evaluation_values as planned on planned.recommendation_id = losses.recommendation_id
inner join int_workload_volume as volume on volume.workload_id = losses.workload_id
