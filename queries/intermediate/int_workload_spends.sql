-- One row per workload and provider that serves it: what a month of the window's calls is paid, after each model's own discount.
--
-- grain:  workload_id, provider
-- method: M 2.6 (rho at the model, else at the provider, else 1), 2.8
select
    int_cells.workload_id,
    int_cells.provider,
    sum(cast(int_cells.cost_usd as double) * coalesce(of_model.rate_ratio, of_provider.rate_ratio, 1.0))
    * max(cast(settings.month_factor_numerator as double) / settings.month_factor_denominator) as monthly_usd
from (
    select workload_id, provider, billed_model_id, sum(cost_usd) as cost_usd
    from int_cells
    group by workload_id, provider, billed_model_id
) as int_cells
cross join settings
left join int_rate_factors as of_model on of_model.provider = int_cells.provider and of_model.model_id = int_cells.billed_model_id
left join int_rate_factors as of_provider on of_provider.provider = int_cells.provider and of_provider.model_id is null
group by int_cells.workload_id, int_cells.provider
