-- One row per model whose tuned copies nobody prices and for which the run file allows to plan: what they may cost, over its own price.
--
-- grain:  provider, model_id
-- method: M 4.1 (UNPRICED_TO: P-06 as planning price, by the run file's word; confidence Low, never MOVE)
select
    models.provider,
    models.model_id,
    max(uplift.low) as uplift_low,
    max(uplift.expected) as uplift,
    max(uplift.high) as uplift_high
from models
cross join settings
inner join int_parameters as allowed on allowed.name = 'allows_planning_prices' and allowed.scope = 'all' and allowed.expected > 0
inner join int_parameters as uplift on uplift.name = 'tuned_uplift' and uplift.scope = 'all'
inner join model_prices as listed
    on listed.provider = models.provider and listed.model_id = models.model_id and listed.valid_from <= settings.run_date
    and (listed.valid_to is null or settings.run_date < listed.valid_to)
where models.is_fine_tunable
group by models.provider, models.model_id
having not bool_or(listed.service_tier in ('tuned'))
