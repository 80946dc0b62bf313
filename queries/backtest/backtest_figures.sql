-- One row per policy, model in use, candidate, sample and size of workloads: how right the decisions were, over all folds.
--
-- grain:  policy, from_provider, from_model_id, to_provider, to_model_id, sample, size
-- after:  int_bundles_proven
-- method: M 10.3, EX-10.1 (a false move's saving does not count; rates over nothing are null)
with sized as (
    select 'all' as size, backtest_moves.* from backtest_moves
    union all
    select 'n >= 371', backtest_moves.* from backtest_moves where train_pairs >= 371
),

by_workload as (
    select
        policy, from_provider, from_model_id, to_provider, to_model_id, sample, size, workload_id,
        cast(sum(only_candidate - only_in_use) as double) / sum(items) as change_share
    from sized
    group by policy, from_provider, from_model_id, to_provider, to_model_id, sample, size, workload_id
),

worst as (
    select
        policy, from_provider, from_model_id, to_provider, to_model_id, sample, size, workload_id, change_share,
        row_number() over (
            partition by policy, from_provider, from_model_id, to_provider, to_model_id, sample, size
            order by change_share, workload_id
        ) as place
    from by_workload
),

summed as (
    select
        policy, from_provider, from_model_id, to_provider, to_model_id, sample, size,
        count(*) as decisions,
        sum(case when is_moved then 1 else 0 end) as moves,
        sum(case when is_false then 1 else 0 end) as false_moves,
        sum(case when is_confirmed then 1 else 0 end) as confirmed_false_moves,
        sum(items) as items,
        sum(from_right) as from_right,
        sum(base_usd) as base_usd,
        sum(saving_usd) as saving_usd,
        sum(case when is_right then saving_usd else 0.0 end) as right_saving_usd,
        sum(oracle_usd) as oracle_usd,
        sum(only_in_use) as b,
        sum(only_candidate) as c,
        sum(abs(forecast_usd - saving_usd)) as forecast_error_usd,
        sum(case when is_moved then saving_usd end) as moved_saving_usd,
        sum(case when abs(forecast_usd - saving_usd) <= forecast_distance_usd then 1 else 0 end) as inside
    from sized
    group by policy, from_provider, from_model_id, to_provider, to_model_id, sample, size
)

select
    summed.policy, summed.from_provider, summed.from_model_id, summed.to_provider, summed.to_model_id, summed.sample, summed.size,
    decisions, moves, false_moves, confirmed_false_moves, items,
    cast(base_usd as decimal(18, 6)) as base_usd,
    cast(base_usd - saving_usd as decimal(18, 6)) as policy_usd,
    cast(oracle_usd as decimal(18, 6)) as oracle_saving_usd,
    cast(from_right as double) / items as quality_in_use_share,
    cast(from_right + c - b as double) / items as quality_share,
    saving_usd / nullif(base_usd, 0.0) as saving_share,
    right_saving_usd / nullif(oracle_usd, 0.0) as captured_share,
    1.0 - right_saving_usd / nullif(oracle_usd, 0.0) as missed_share,
    saving_usd / nullif(oracle_usd, 0.0) as captured_with_false_share,
    cast(false_moves as double) / nullif(moves, 0) as false_move_share,
    cast(confirmed_false_moves as double) / nullif(moves, 0) as confirmed_false_share,
    cast(c - b as double) / items as quality_change_share,
    cast(c - b as double) / items - 1.6449 * sqrt(greatest(b + c - power(c - b, 2) / items, 0.0)) / items as quality_change_low_share,
    cast(c - b as double) / items + 1.6449 * sqrt(greatest(b + c - power(c - b, 2) / items, 0.0)) / items as quality_change_high_share,
    worst.workload_id as worst_workload_id,
    worst.change_share as worst_change_share,
    forecast_error_usd / nullif(abs(moved_saving_usd), 0.0) as forecast_error_share,
    cast(inside as double) / nullif(moves, 0) as inside_share
from summed
inner join worst
    on worst.place = 1 and worst.policy = summed.policy and worst.from_provider = summed.from_provider
    and worst.from_model_id = summed.from_model_id and (worst.to_provider is not distinct from summed.to_provider)
    and (worst.to_model_id is not distinct from summed.to_model_id) and worst.sample = summed.sample and worst.size = summed.size
