-- One row per model in use and other policy: what it costs and how good it is on the same items.
--
-- grain:  from_provider, from_model_id, policy
-- after:  int_bundles_proven
-- method: M 10.3 (PGR = (r - weak) / (strong - weak), EX-10.3; the trivial mixture sends a share of calls to another model)
with points as (
    -- Everything on one model; what it did not answer stays where it is.
    select
        folds.from_provider, folds.from_model_id, folds.to_provider, folds.to_model_id,
        sum(base.from_usd - folds.from_usd + folds.to_usd) as usd,
        sum(base.from_right - folds.from_right + folds.to_right) as right_items,
        sum(base.pairs) as items
    from backtest_verdicts as folds
    inner join backtest_verdicts as base on base.is_self and base.case_id = folds.case_id
    where folds.sample in ('test')
    group by folds.from_provider, folds.from_model_id, folds.to_provider, folds.to_model_id
),

ours as (
    select from_provider, from_model_id, cast(policy_usd as double) as usd, quality_share, quality_in_use_share, items
    from backtest_figures
    where policy in ('all candidates') and sample in ('100 %') and size in ('all')
),

cheapest as (
    select
        *,
        row_number() over (partition by from_provider, from_model_id order by usd, to_provider, to_model_id) as place
    from points
),

-- The cheapest model whose loss over all workloads together lies within the margin of medium criticality.
single as (
    select
        points.*,
        row_number() over (partition by points.from_provider, points.from_model_id order by points.usd, points.to_provider, points.to_model_id) as place
    from points
    inner join points as own
        on own.from_provider = points.from_provider and own.from_model_id = points.from_model_id
        and own.to_provider = points.from_provider and own.to_model_id = points.from_model_id
    cross join (select max(expected) as margin from int_parameters where name in ('margin_medium') and scope in ('all')) as held
    where cast(points.right_items - own.right_items as double) / points.items >= -held.margin
),

-- A share of the calls to a better and the rest to a worse model, so that it is as good as our policy: the cheapest of all.
mixtures as (
    select
        ours.from_provider,
        ours.from_model_id,
        min(case
            when better.right_items = worse.right_items then least(better.usd, worse.usd)
            else worse.usd + (better.usd - worse.usd) * (ours.quality_share * better.items - worse.right_items)
                / (better.right_items - worse.right_items)
        end) as usd
    from ours
    inner join points as better
        on better.from_provider = ours.from_provider and better.from_model_id = ours.from_model_id
        and better.right_items >= ours.quality_share * better.items - 0.000001
    inner join points as worse
        on worse.from_provider = ours.from_provider and worse.from_model_id = ours.from_model_id
        and worse.right_items <= ours.quality_share * worse.items + 0.000001
    group by ours.from_provider, ours.from_model_id
),

others as (
    select from_provider, from_model_id, 'trimtab' as policy, cast(null as varchar) as to_model_id, usd, quality_share, items from ours
    union all
    select from_provider, from_model_id, 'cheapest everywhere', to_model_id, usd, cast(right_items as double) / items, items
    from cheapest where place = 1
    union all
    select from_provider, from_model_id, 'best single model', to_model_id, usd, cast(right_items as double) / items, items
    from single where place = 1
    union all
    select mixtures.from_provider, mixtures.from_model_id, 'trivial mixture', null, mixtures.usd, ours.quality_share, ours.items
    from mixtures
    inner join ours on ours.from_provider = mixtures.from_provider and ours.from_model_id = mixtures.from_model_id
),

-- Cost on a logarithmic scale, from $0.0044 to $200 for a thousand calls.
scaled as (
    select
        *,
        least(greatest((log2(200.0) - log2(1000 * usd / items)) / (log2(200.0) - log2(0.0044)), 0.0), 1.0) as cost_score
    from others
)

select
    others.from_provider,
    others.from_model_id,
    others.policy,
    others.to_model_id,
    cast(others.usd as decimal(18, 6)) as policy_usd,
    others.quality_share,
    others.quality_share - ours.quality_in_use_share as quality_change_share,
    (others.quality_share - weak.quality_share) / nullif(ours.quality_in_use_share - weak.quality_share, 0.0) as pgr_share,
    -- RouterArena's score, EX-10.2: the harmonic mean of quality and cost, where quality weighs ten times as much.
    1.1 * others.quality_share * others.cost_score / nullif(0.1 * others.quality_share + others.cost_score, 0.0) as arena_score
from scaled as others
inner join ours on ours.from_provider = others.from_provider and ours.from_model_id = others.from_model_id
inner join others as weak
    on weak.policy in ('cheapest everywhere') and weak.from_provider = others.from_provider and weak.from_model_id = others.from_model_id
