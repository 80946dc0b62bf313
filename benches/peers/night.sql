-- What a data engineer would write instead: a night of LiteLLM logs, cleaned, without repeats, priced as of its day and rolled up.
-- {logs}, {seeds} and {out} are filled in by night.py. Tables from `rolled` on are the second half: sizes, candidates, the best one.

create table calls as
select
    litellm_call_id as call_id,
    cast(to_timestamp(endTime) as date) as day,
    (select regexp_extract(tag, '^workload:(.*)$', 1) from (select unnest(request_tags) as tag) where tag like 'workload:%' limit 1) as workload_id,
    custom_llm_provider as asked_provider,
    coalesce(response.model, model) as served_model,
    model as asked_model,
    status,
    metadata.usage_object.prompt_tokens as input_tokens,
    coalesce(metadata.usage_object.prompt_tokens_details.cached_tokens, 0) as cached_tokens,
    metadata.usage_object.completion_tokens as output_tokens
from read_json('{logs}/**/*.json*', format = 'auto', records = true, union_by_name = true, maximum_object_size = 67108864, columns = {
    litellm_call_id: 'VARCHAR', endTime: 'DOUBLE', request_tags: 'VARCHAR[]', custom_llm_provider: 'VARCHAR', model: 'VARCHAR', status: 'VARCHAR',
    response: 'STRUCT(model VARCHAR)',
    metadata: 'STRUCT(usage_object STRUCT(prompt_tokens BIGINT, completion_tokens BIGINT, prompt_tokens_details STRUCT(cached_tokens BIGINT)))'
})
qualify row_number() over (partition by litellm_call_id order by endTime) = 1;

create table names as select * from read_csv('{seeds}/model_names.csv', all_varchar = true);
create table providers as select * from read_csv('{seeds}/provider_names.csv', all_varchar = true);
create table prices as
select provider, model_id, bucket, cast(above_prompt_tokens as bigint) as above, cast(usd_per_mtok as decimal(18, 6)) as usd,
    cast(valid_from as date) as valid_from,
    least(cast(valid_to as date), lead(cast(valid_from as date)) over (
        partition by provider, model_id, bucket, above_prompt_tokens order by cast(valid_from as date)
    )) as valid_to
from read_csv('{seeds}/model_prices.csv', all_varchar = true)
where service_tier = 'standard' and region_class = 'global' and band_mode = 'whole_request';

create table bands as
select provider, model_id, above, valid_from, valid_to,
    max(usd) filter (where bucket = 'input') as usd_input,
    max(usd) filter (where bucket = 'cache_read') as usd_cached,
    max(usd) filter (where bucket = 'output') as usd_output
from prices
group by all;

create table priced as
select calls.*, names.provider, coalesce(names.model_id, calls.served_model) as model_id,
    cast(((calls.input_tokens - calls.cached_tokens) * bands.usd_input + calls.cached_tokens * coalesce(bands.usd_cached, bands.usd_input)
        + calls.output_tokens * bands.usd_output) * 0.000001 as decimal(38, 12)) as cost_usd
from calls
left join providers on providers.name = calls.asked_provider
left join names on names.provider = providers.provider and names.name = calls.served_model
left join bands on bands.provider = names.provider and bands.model_id = names.model_id
    and bands.valid_from <= calls.day and (bands.valid_to is null or calls.day < bands.valid_to)
    and (bands.above = 0 or calls.input_tokens > bands.above)
qualify row_number() over (partition by calls.call_id order by bands.above desc nulls last) = 1;

create table rolled as
select day, workload_id, model_id, count(*) as requests, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens,
    sum(cached_tokens) as cached_tokens, sum(cost_usd) as cost_usd
from priced
group by all;
copy (from rolled order by all) to '{out}/rolled.parquet' (format parquet, compression zstd);
-- half

create table sizes as
select workload_id, model_id, quantile_disc(input_tokens, [0.5, 0.9, 0.99, 0.999]) as input_sizes,
    quantile_disc(output_tokens, [0.5, 0.9, 0.99, 0.999]) as output_sizes
from priced
group by all;
create table models as select * from read_csv('{seeds}/models.csv', all_varchar = true);
create table candidates as
select rolled.workload_id, rolled.model_id, bands.model_id as candidate, max(rolled.cost_usd) as cost_usd,
    sum((rolled.input_tokens - rolled.cached_tokens) * bands.usd_input + rolled.cached_tokens * coalesce(bands.usd_cached, bands.usd_input)
        + rolled.output_tokens * bands.usd_output) * 0.000001 as candidate_usd
from rolled
join bands on bands.above = 0 and bands.valid_from <= rolled.day and (bands.valid_to is null or rolled.day < bands.valid_to)
group by all;
create table fits as
select candidates.*, avg(case when priced.input_tokens + priced.output_tokens <= cast(models.context_window_tokens as bigint) then 1 else 0 end) as fit
from candidates
join models on models.model_id = candidates.candidate
join priced on priced.workload_id = candidates.workload_id and priced.model_id = candidates.model_id
where candidates.candidate_usd < candidates.cost_usd
group by all;
copy (
    select * from fits join sizes using (workload_id, model_id)
    qualify row_number() over (partition by workload_id order by fit desc, cost_usd - candidate_usd desc, candidate) = 1
) to '{out}/best.parquet' (format parquet, compression zstd);
