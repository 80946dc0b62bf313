-- Scores that name a call but not its workload and model: nothing compares them.
--
-- severity: warn
-- because:  such scores are counted and stand in `evaluations`, but are no evidence for or against a move
select
    evaluations.x_source as source,
    evaluations.x_source_format as format,
    evaluations.eval_set,
    count(*) as scores
from evaluations
cross join settings
where (evaluations.workload_id is null or evaluations.model_id is null) and evaluations.event_date < settings.run_date
group by evaluations.x_source, evaluations.x_source_format, evaluations.eval_set
