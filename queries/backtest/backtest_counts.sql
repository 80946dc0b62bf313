-- One row per workload, pair of models, fold and part: on what the two answers differ, and what they cost.
--
-- grain:  workload_id, from_provider, from_model_id, to_provider, to_model_id, fold, part
-- method: M 10.2, 5.4. A pair of a model with itself counts all of its items.
select
    in_use.workload_id,
    in_use.provider as from_provider,
    in_use.model_id as from_model_id,
    candidate.provider as to_provider,
    candidate.model_id as to_model_id,
    in_use.fold,
    in_use.part,
    min(in_use.eval_set) as eval_set,
    min(in_use.method) as method,
    min(in_use.rubric) as rubric,
    min(in_use.scored_on) as scored_on,
    count(*) as pairs,
    sum(case when in_use.value > candidate.value then 1 else 0 end) as only_in_use,
    sum(case when candidate.value > in_use.value then 1 else 0 end) as only_candidate,
    cast(sum(in_use.value) as bigint) as from_right,
    cast(sum(candidate.value) as bigint) as to_right,
    cast(sum(in_use.cost_usd) as decimal(38, 12)) as from_usd,
    cast(sum(candidate.cost_usd) as decimal(38, 12)) as to_usd,
    -- Micro-dollars, so that the squares stay exact.
    cast(sum(power(round(cast(in_use.cost_usd - candidate.cost_usd as double) * 1000000.0), 2)) as decimal(38, 0)) as saving_squares
from backtest_items as in_use
inner join backtest_items as candidate
    on candidate.workload_id = in_use.workload_id
    and candidate.item_id = in_use.item_id
    and candidate.eval_set = in_use.eval_set
    and candidate.method = in_use.method
    and candidate.rubric = in_use.rubric
group by
    in_use.workload_id, in_use.provider, in_use.model_id, candidate.provider, candidate.model_id, in_use.fold, in_use.part
