-- One row of the usage CSV of OpenAI's dashboard: one bucket of one group, or a bucket without usage.
--
-- docs:          https://help.openai.com/en/articles/10478918-api-usage-dashboard
-- status:        unverified
-- recognised_by: start_time is not null and regexp_like(_object_key, '\.csv(\.(gz|zst))?$')
--                and (num_model_requests is not null or regexp_like(_object_key, '_usage_[^/]*$'))
-- objects:       \.csv(\.(gz|zst))?$
-- skip:          (^|/)cost[^/]*\.csv(\.(gz|zst))?$
create external table openai_usage_csv (
    start_time bigint not null, -- seconds since 1970, UTC; the ISO columns change their form between files
    end_time bigint,
    project_id varchar,
    num_model_requests decimal(38,12), -- counts are written as 10.0
    api_key_id varchar,
    model varchar,
    batch boolean, -- True, or TRUE after a spreadsheet
    service_tier varchar,
    input_tokens decimal(38,12), -- cached and written tokens included
    output_tokens decimal(38,12), -- reasoning included
    input_cached_tokens decimal(38,12),
    input_uncached_tokens decimal(38,12),
    input_cache_write_tokens decimal(38,12) -- not seen in a file yet
)
stored as csv
location 'sample_data/formats/openai_usage_csv/';
