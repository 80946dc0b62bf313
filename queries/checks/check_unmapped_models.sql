-- Names of models on the bill that stand in no row of model_names, with what they cost.
--
-- severity: warn
-- because:  their spend is billed, but compared with nothing; add the name to queries/seeds/model_names.csv of an overlay
select provider, model_id as name, count(*) as lines, sum(billed_usd) as billed_usd
from int_charges
where line_class in ('unmapped_model')
group by provider, model_id
