-- One row per workload, pair of models, fold and sample: the fold that is scored, and shares of the four that decide.
--
-- grain:  backtest_id
-- method: M 10.2 (five-fold cross-fit; learning curve at about 10, 25, 50 and 100 % of the training items)
with samples as (
    select folds.fold, samples.sample, samples.parts
    from (values (0), (1), (2), (3), (4)) as folds (fold)
    cross join (values ('test', 4), ('10 %', 1), ('25 %', 2), ('50 %', 3), ('100 %', 4)) as samples (sample, parts)
)

select
    concat(
        samples.sample, chr(31), cast(samples.fold as varchar), chr(31), counts.workload_id, chr(31), counts.from_provider, chr(31),
        counts.from_model_id, chr(31), counts.to_provider, chr(31), counts.to_model_id
    ) as backtest_id,
    -- As a workload of its own, in which one model is in use and the others are tried.
    concat(
        samples.sample, chr(31), cast(samples.fold as varchar), chr(31), counts.workload_id, chr(31), counts.from_provider, chr(31),
        counts.from_model_id
    ) as case_id,
    samples.sample,
    cast(samples.fold as bigint) as fold,
    counts.workload_id,
    counts.from_provider,
    counts.from_model_id,
    counts.to_provider,
    counts.to_model_id,
    counts.from_provider = counts.to_provider and counts.from_model_id = counts.to_model_id as is_self,
    min(counts.eval_set) as eval_set,
    min(counts.method) as method,
    min(counts.rubric) as rubric,
    min(counts.scored_on) as scored_on,
    sum(counts.pairs) as pairs,
    sum(counts.only_in_use) as only_in_use,
    sum(counts.only_candidate) as only_candidate,
    sum(counts.from_right) as from_right,
    sum(counts.to_right) as to_right,
    cast(sum(counts.from_usd) as double) as from_usd,
    cast(sum(counts.to_usd) as double) as to_usd,
    cast(sum(counts.saving_squares) as double) * 0.000000000001 as saving_squares
from backtest_counts as counts
inner join samples
    on counts.part <= samples.parts
    and case when samples.sample in ('test') then counts.fold = samples.fold else counts.fold <> samples.fold end
group by
    samples.sample, samples.fold, counts.workload_id, counts.from_provider, counts.from_model_id, counts.to_provider, counts.to_model_id
