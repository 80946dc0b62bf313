-- One row per bundle and model in use: exact sums over its cells; estimates begin only after this.
--
-- grain:  recommendation_id, from_provider, from_model_id
-- by_workload: yes
-- method: M 0.4 (rows are summed as integers or decimals)
select
    moved.recommendation_id,
    moved.provider as from_provider,
    moved.billed_model_id as from_model_id,
    sum(moved.requests) as requests,
    sum(case when moved.is_fitting then moved.requests else 0 end) as fitting_requests,
    cast(sum(moved.cost_usd) as decimal(38, 12)) as observed_cost_usd,
    cast(sum(case when moved.is_fitting then moved.cost_usd else 0 end) as decimal(38, 12)) as fitting_cost_usd,
    sum(moved.unpriced_requests) as unpriced_requests,
    bool_or(source_cells.workload_id is null) as is_source_unpriced,
    bool_or(moved.is_part and (target_cells.recommendation_id is null or target_cells.is_unpriced)) as is_target_unpriced,
    bool_or(moved.is_part and coalesce(target_cells.is_cache_lost, false)) as is_cache_lost,
    bool_or(moved.is_part and coalesce(target_cells.is_tier_lost, false)) as is_tier_lost,
    cast(sum(source_cells.cost_now_usd) as decimal(38, 12)) as source_usd,
    cast(sum(source_cells.cost_months_usd) as decimal(38, 12)) as source_months_usd,
    min(source_cells.months) as source_months,
    min(case when moved.is_part then target_cells.months end) as target_months,
    cast(sum(case when moved.is_fitting then 0 else source_cells.cost_now_usd end) as decimal(38, 12)) as staying_usd,
    cast(sum(case when moved.is_fitting then 0 else source_cells.cost_months_usd end) as decimal(38, 12)) as staying_months_usd,
    cast(sum(case
        when moved.is_part then target_cells.equal_input_usd + target_cells.visible_usd + target_cells.reasoning_usd
        else source_cells.cost_now_usd
    end) as decimal(38, 12)) as equal_tokens_usd,
    cast(sum(case when moved.is_fitting then target_cells.input_usd else 0 end) as decimal(38, 12)) as input_usd,
    cast(sum(case when moved.is_fitting then target_cells.static_usd else 0 end) as decimal(38, 12)) as static_usd,
    cast(sum(case when moved.is_fitting then target_cells.visible_usd else 0 end) as decimal(38, 12)) as visible_usd,
    cast(sum(case when moved.is_fitting then target_cells.reasoning_usd else 0 end) as decimal(38, 12)) as reasoning_usd,
    cast(sum(case when moved.is_fitting then target_cells.input_months_usd else 0 end) as decimal(38, 12)) as input_months_usd,
    cast(sum(case when moved.is_fitting then target_cells.visible_months_usd else 0 end) as decimal(38, 12)) as visible_months_usd,
    cast(sum(case when moved.is_fitting then target_cells.reasoning_months_usd else 0 end) as decimal(38, 12)) as reasoning_months_usd
from int_bundle_cells as moved
left join int_cells_on_source as source_cells
    on source_cells.workload_id = moved.workload_id
    and source_cells.provider = moved.provider
    and source_cells.billed_model_id = moved.billed_model_id
    and source_cells.service_tier = moved.service_tier
    and source_cells.region_class = moved.region_class
    and source_cells.demands = moved.demands
    and source_cells.input_stratum is not distinct from moved.input_stratum
left join int_bundle_cells_on_target as target_cells
    on target_cells.recommendation_id = moved.recommendation_id
    and target_cells.provider = moved.provider
    and target_cells.billed_model_id = moved.billed_model_id
    and target_cells.service_tier = moved.service_tier
    and target_cells.region_class = moved.region_class
    and target_cells.demands = moved.demands
    and target_cells.input_stratum is not distinct from moved.input_stratum
where moved.requests > 0 and moved.input_stratum is not null
group by moved.recommendation_id, moved.provider, moved.billed_model_id
