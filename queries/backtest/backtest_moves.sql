-- One row per policy, model in use, candidate, sample, fold and workload: what was decided on four folds and came of it on the fifth.
--
-- grain:  policy, from_provider, from_model_id, to_provider, to_model_id, sample, fold, workload_id
-- after:  int_bundles_proven
-- method: M 10.2, 10.3 (the oracle is the cheapest model that is within the margin on the fold itself), 6.7 (predictive range)
with options as (
    select
        train.sample, train.fold, train.workload_id, train.from_provider, train.from_model_id, train.to_provider, train.to_model_id,
        train.pairs as train_pairs,
        (train.from_usd - train.to_usd) / train.pairs as train_saving,
        (train.saving_squares - power(train.from_usd - train.to_usd, 2) / train.pairs) / nullif(train.pairs - 1, 0) as train_variance,
        train.verdict,
        train.verdict_unadjusted,
        test.pairs,
        test.only_in_use,
        test.only_candidate,
        test.from_usd - test.to_usd as saving_usd,
        test.only_candidate - test.only_in_use >= -train.margin * test.pairs as is_within,
        test.is_surely_worse
    from backtest_verdicts as train
    inner join backtest_verdicts as test
        on test.sample in ('test') and test.fold = train.fold and test.workload_id = train.workload_id
        and test.from_provider = train.from_provider and test.from_model_id = train.from_model_id
        and test.to_provider = train.to_provider and test.to_model_id = train.to_model_id
    where train.sample not in ('test') and not train.is_self
),

tried as (
    select
        'all candidates' as policy, cast(null as varchar) as only_provider, cast(null as varchar) as only_model_id, options.*,
        verdict in ('NON_INFERIOR') and train_saving > 0 as is_taken
    from options
    union all
    select 'one candidate', to_provider as only_provider, to_model_id as only_model_id, options.*,
        verdict_unadjusted in ('NON_INFERIOR') and train_saving > 0
    from options
),

placed as (
    select
        *,
        row_number() over (
            partition by policy, only_provider, only_model_id, sample, fold, workload_id, from_provider, from_model_id
            order by case when is_taken then 1 else 2 end, train_saving desc, to_provider, to_model_id
        ) as place,
        max(case when is_within and saving_usd > 0 then saving_usd else 0.0 end) over (
            partition by policy, only_provider, only_model_id, sample, fold, workload_id, from_provider, from_model_id
        ) as oracle_usd
    from tried
)

select
    placed.policy,
    placed.from_provider,
    placed.from_model_id,
    placed.only_provider as to_provider,
    placed.only_model_id as to_model_id,
    placed.sample,
    placed.fold,
    placed.workload_id,
    placed.is_taken as is_moved,
    case when placed.is_taken then placed.to_provider end as chosen_provider,
    case when placed.is_taken then placed.to_model_id end as chosen_model_id,
    placed.train_pairs,
    base.pairs as items,
    base.from_right,
    base.from_usd as base_usd,
    case when placed.is_taken then placed.saving_usd else 0.0 end as saving_usd,
    placed.oracle_usd,
    placed.is_taken and placed.is_within as is_right,
    placed.is_taken and not placed.is_within as is_false,
    placed.is_taken and placed.is_surely_worse as is_confirmed,
    case when placed.is_taken then placed.only_in_use else 0 end as only_in_use,
    case when placed.is_taken then placed.only_candidate else 0 end as only_candidate,
    case when placed.is_taken then placed.train_saving * placed.pairs end as forecast_usd,
    case when placed.is_taken then 1.2816 * sqrt(greatest(
        placed.train_variance * placed.pairs * (1.0 + cast(placed.pairs as double) / placed.train_pairs), 0.0
    )) end as forecast_distance_usd
from placed
inner join backtest_verdicts as base
    on base.is_self and base.sample in ('test') and base.fold = placed.fold and base.workload_id = placed.workload_id
    and base.from_provider = placed.from_provider and base.from_model_id = placed.from_model_id
where placed.place = 1
