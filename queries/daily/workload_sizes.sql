-- One row per day, workload, model, dimension and size bucket: exact counts that merge over days.
--
-- grain:  event_date, workload_id, billed_model_id, dimension, bucket
-- method: M 4.4 (integer buckets of at most 2 % width; the upper edge is never below the exact value)
with sizes as (
    select event_date, workload_id, billed_model_id, 'input' as dimension, input_tokens as size from requests_priced
    union all
    select event_date, workload_id, billed_model_id, 'output' as dimension, output_tokens as size from requests_priced
    union all
    select event_date, workload_id, billed_model_id, 'total' as dimension, input_tokens + output_tokens as size
    from requests_priced
    union all
    select event_date, workload_id, billed_model_id, 'latency' as dimension, least(latency_ms, 2147483648) as size
    from requests_priced
),

shifted as (
    select
        *,
        case
            when size < 128 then 0 when size < 256 then 1 when size < 512 then 2
            when size < 1024 then 3 when size < 2048 then 4 when size < 4096 then 5
            when size < 8192 then 6 when size < 16384 then 7 when size < 32768 then 8
            when size < 65536 then 9 when size < 131072 then 10 when size < 262144 then 11
            when size < 524288 then 12 when size < 1048576 then 13 when size < 2097152 then 14
            when size < 4194304 then 15 when size < 8388608 then 16 when size < 16777216 then 17
            when size < 33554432 then 18 when size < 67108864 then 19 when size < 134217728 then 20
            when size < 268435456 then 21 when size < 536870912 then 22
            when size < 1073741824 then 23
            else 24
        end as size_shift
    from sizes
    where size >= 0
)

select
    shifted.workload_id,
    shifted.billed_model_id,
    shifted.dimension,
    size_buckets.upto as bucket,
    count(*) as requests,
    shifted.event_date
from shifted
inner join size_buckets
    on size_buckets.base_bucket = shifted.size_shift * 64 + (shifted.size >> shifted.size_shift)
    and shifted.size > size_buckets.above
    and shifted.size <= size_buckets.upto
group by shifted.event_date, shifted.workload_id, shifted.billed_model_id, shifted.dimension, size_buckets.upto
