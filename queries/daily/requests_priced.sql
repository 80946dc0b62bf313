-- One row per model call attempt: workload formed, model resolved, price of its day applied.
--
-- grain:  event_date, x_record_id
-- method: M 1.3 (workload, as a function of the row), 2.1 (formula), 2.2 (prices are rows), 2.3 (bands by the whole
--         prompt, thresholds exclusive), 2.4 (the row valid on the day; no row is unpriced, never zero), 2.5 (tools)
-- kept_with: requests
-- by_row: requests
with offers as (
    select
        provider,
        model_id,
        -- A list that knows no region sells at one price everywhere; one that does has no price for the regions it leaves out.
        min(region_class) in ('global') and max(region_class) in ('global') as is_global_only,
        min(case when service_tier in ('peak', 'off-peak') then valid_from end) as clock_from
    from model_prices
    group by provider, model_id
),

logged as (
    select distinct event_date, gen_ai_provider_name, gen_ai_response_model, gen_ai_request_model
    from requests
),

-- Names are the same from call to call: each is looked up once.
named as (
    select
        logged.event_date,
        logged.gen_ai_provider_name,
        logged.gen_ai_response_model,
        logged.gen_ai_request_model,
        coalesce(provider_names.provider, lower(logged.gen_ai_provider_name), 'unknown') as billing_provider,
        coalesce(logged.gen_ai_response_model, logged.gen_ai_request_model) as billed_name
    from logged
    left join provider_names on provider_names.name = lower(logged.gen_ai_provider_name)
),

known as (
    select
        named.event_date,
        named.gen_ai_provider_name,
        named.gen_ai_response_model,
        named.gen_ai_request_model,
        named.billing_provider,
        named.billed_name,
        billed.model_id as billed_model,
        billed.region_class as billed_region,
        asked.model_id as requested_model,
        offers.is_global_only,
        offers.clock_from
    from named
    left join model_names as billed
        on billed.provider = named.billing_provider and billed.name = named.billed_name
    left join model_names as asked
        on asked.provider = named.billing_provider and asked.name = named.gen_ai_request_model
    left join offers on offers.provider = billed.provider and offers.model_id = billed.model_id
),

calls as (
    select
        requests.*,
        known.billing_provider,
        known.billed_name,
        known.billed_model,
        known.billed_region,
        known.requested_model,
        known.is_global_only,
        known.clock_from,
        -- Half a usage is no usage, but for what has no output.
        requests.gen_ai_usage_input_tokens is not null
        and (
            requests.gen_ai_usage_output_tokens is not null
            or requests.x_status = 'error'
            or coalesce(requests.gen_ai_operation_name, '') = 'embeddings'
        ) as has_usage
    from known
    inner join requests
        on (requests.event_date is not distinct from known.event_date)
        and (requests.gen_ai_provider_name is not distinct from known.gen_ai_provider_name)
        and (requests.gen_ai_response_model is not distinct from known.gen_ai_response_model)
        and (requests.gen_ai_request_model is not distinct from known.gen_ai_request_model)
),

resolved as (
    select
        calls.*,
        -- Anthropic's own API names a geography only where it asks a surcharge for it, which no row of the list has
        case
            when calls.is_global_only and (calls.billing_provider <> 'anthropic' or calls.region_id is null) then 'global'
            else coalesce(calls.billed_region, calls.region_id, 'global')
        end as price_region,
        -- Where the clock sets the price, the moment of completion does; the bill knows no other.
        case
            when coalesce(calls.x_service_tier, 'standard') <> 'standard' then calls.x_service_tier
            when calls.event_date >= calls.clock_from then coalesce(price_hours.service_tier, 'off-peak')
            else 'standard'
        end as tier,
        coalesce(calls.x_gateway_cache_hit, false) as is_hit,
        case
            when calls.gen_ai_usage_input_tokens < 128 then 0
            when calls.gen_ai_usage_input_tokens < 256 then 1
            when calls.gen_ai_usage_input_tokens < 512 then 2
            when calls.gen_ai_usage_input_tokens < 1024 then 3
            when calls.gen_ai_usage_input_tokens < 2048 then 4
            when calls.gen_ai_usage_input_tokens < 4096 then 5
            when calls.gen_ai_usage_input_tokens < 8192 then 6
            when calls.gen_ai_usage_input_tokens < 16384 then 7
            when calls.gen_ai_usage_input_tokens < 32768 then 8
            when calls.gen_ai_usage_input_tokens < 65536 then 9
            when calls.gen_ai_usage_input_tokens < 131072 then 10
            when calls.gen_ai_usage_input_tokens < 262144 then 11
            when calls.gen_ai_usage_input_tokens < 524288 then 12
            when calls.gen_ai_usage_input_tokens < 1048576 then 13
            when calls.gen_ai_usage_input_tokens < 2097152 then 14
            when calls.gen_ai_usage_input_tokens < 4194304 then 15
            when calls.gen_ai_usage_input_tokens < 8388608 then 16
            when calls.gen_ai_usage_input_tokens < 16777216 then 17
            when calls.gen_ai_usage_input_tokens < 33554432 then 18
            when calls.gen_ai_usage_input_tokens < 67108864 then 19
            when calls.gen_ai_usage_input_tokens < 134217728 then 20
            when calls.gen_ai_usage_input_tokens < 268435456 then 21
            when calls.gen_ai_usage_input_tokens < 536870912 then 22
            when calls.gen_ai_usage_input_tokens < 1073741824 then 23
            else 24
        end as size_shift
    from calls
    left join price_hours
        on price_hours.provider = calls.billing_provider
        and price_hours.weekday = extract(isodow from coalesce(calls.x_end_time, calls.x_start_time))
        and price_hours.half_hour = 2 * extract(hour from coalesce(calls.x_end_time, calls.x_start_time))
            + case when extract(minute from coalesce(calls.x_end_time, calls.x_start_time)) < 30 then 0 else 1 end
        and price_hours.valid_from <= calls.event_date
        and (price_hours.valid_to is null or calls.event_date < price_hours.valid_to)
),

-- Distinct keys first: a dated price table then joins to a few rows a day, not to every call.
price_keys as (
    select distinct event_date, billing_provider, billed_model
    from known
    where billed_model is not null
),

prices_of_day as (
    select
        price_keys.event_date,
        price_keys.billing_provider,
        price_keys.billed_model,
        model_prices.service_tier as tier,
        model_prices.region_class as price_region,
        model_prices.above_prompt_tokens,
        max(model_prices.band_mode) as band_mode,
        max(case when model_prices.bucket = 'input' then model_prices.usd_per_mtok end) as usd_input,
        max(case when model_prices.bucket = 'cache_read' then model_prices.usd_per_mtok end) as usd_cache_read,
        max(case when model_prices.bucket = 'cache_write_5m' then model_prices.usd_per_mtok end) as usd_cache_write_5m,
        max(case when model_prices.bucket = 'cache_write_1h' then model_prices.usd_per_mtok end) as usd_cache_write_1h,
        max(case when model_prices.bucket = 'input_audio' then model_prices.usd_per_mtok end) as usd_input_audio,
        max(case when model_prices.bucket = 'input_image' then model_prices.usd_per_mtok end) as usd_input_image,
        max(case when model_prices.bucket = 'output' then model_prices.usd_per_mtok end) as usd_output,
        max(case when model_prices.bucket = 'reasoning' then model_prices.usd_per_mtok end) as usd_reasoning,
        max(case when model_prices.bucket = 'output_audio' then model_prices.usd_per_mtok end) as usd_output_audio,
        max(case when model_prices.bucket = 'output_image' then model_prices.usd_per_mtok end) as usd_output_image,
        max(case when model_prices.bucket = 'tool_call' then model_prices.usd_per_mtok end) as usd_tool_call
    from price_keys
    inner join model_prices
        on model_prices.provider = price_keys.billing_provider
        and model_prices.model_id = price_keys.billed_model
        and model_prices.valid_from <= price_keys.event_date
        and (model_prices.valid_to is null or price_keys.event_date < model_prices.valid_to)
    group by
        price_keys.event_date, price_keys.billing_provider, price_keys.billed_model, model_prices.service_tier,
        model_prices.region_class, model_prices.above_prompt_tokens
),

bands as (
    select
        *,
        -- A band ends where the next one of the same key begins.
        lead(above_prompt_tokens) over (
            partition by event_date, billing_provider, billed_model, tier, price_region order by above_prompt_tokens
        ) as upto_prompt_tokens,
        -- A call of a tool has one price in every band.
        max(usd_tool_call) over (partition by event_date, billing_provider, billed_model, tier, price_region)
            as usd_per_million_tool_calls
    from prices_of_day
),

-- Where the buckets of a prompt lie in it: what the cache holds comes first, then what it takes in, plain text last.
placed as (
    select
        *,
        coalesce(usage_cache_read_tokens, 0) as after_read,
        coalesce(usage_cache_read_tokens, 0) + coalesce(usage_cache_write_1h_tokens, 0) as after_write_1h,
        coalesce(usage_cache_read_tokens, 0) + coalesce(usage_cache_write_1h_tokens, 0)
            + coalesce(usage_cache_write_5m_tokens, 0) as after_write_5m,
        coalesce(usage_cache_read_tokens, 0) + coalesce(usage_cache_write_1h_tokens, 0)
            + coalesce(usage_cache_write_5m_tokens, 0) + coalesce(usage_input_image_tokens, 0) as after_image,
        coalesce(usage_cache_read_tokens, 0) + coalesce(usage_cache_write_1h_tokens, 0)
            + coalesce(usage_cache_write_5m_tokens, 0) + coalesce(usage_input_image_tokens, 0)
            + coalesce(usage_input_audio_tokens, 0) as after_audio
    from resolved
),

-- Calls of models that price each slice of the prompt by itself, by slice. There are few such lists, mostly none.
slices as (
    select
        placed.event_date,
        placed.x_record_id,
        greatest(least(after_read, upto_prompt_tokens) - greatest(0, above_prompt_tokens), 0) as cache_read,
        greatest(least(after_write_1h, upto_prompt_tokens) - greatest(after_read, above_prompt_tokens), 0) as cache_write_1h,
        greatest(least(after_write_5m, upto_prompt_tokens) - greatest(after_write_1h, above_prompt_tokens), 0) as cache_write_5m,
        greatest(least(after_image, upto_prompt_tokens) - greatest(after_write_5m, above_prompt_tokens), 0) as input_image,
        greatest(least(after_audio, upto_prompt_tokens) - greatest(after_image, above_prompt_tokens), 0) as input_audio,
        greatest(least(gen_ai_usage_input_tokens, upto_prompt_tokens) - greatest(after_audio, above_prompt_tokens), 0) as input,
        bands.usd_cache_read,
        bands.usd_cache_write_1h,
        bands.usd_cache_write_5m,
        bands.usd_input_image,
        bands.usd_input_audio,
        bands.usd_input
    from bands
    inner join placed
        on placed.event_date = bands.event_date
        and placed.billing_provider = bands.billing_provider
        and placed.billed_model = bands.billed_model
        and placed.tier = bands.tier
        and placed.price_region = bands.price_region
        and placed.gen_ai_usage_input_tokens > bands.above_prompt_tokens
    where bands.band_mode = 'marginal'
),

sliced as (
    select
        event_date,
        x_record_id,
        bool_or(
            (cache_read > 0 and usd_cache_read is null)
            or (cache_write_1h > 0 and usd_cache_write_1h is null)
            or (cache_write_5m > 0 and usd_cache_write_5m is null)
            or (input_image > 0 and usd_input_image is null)
            or (input_audio > 0 and usd_input_audio is null)
            or (input > 0 and usd_input is null)
        ) as is_input_unpriced,
        cast(sum(
            cache_read * coalesce(usd_cache_read, 0)
            + cache_write_1h * coalesce(usd_cache_write_1h, 0)
            + cache_write_5m * coalesce(usd_cache_write_5m, 0)
            + input_image * coalesce(usd_input_image, 0)
            + input_audio * coalesce(usd_input_audio, 0)
            + input * coalesce(usd_input, 0)
        ) as decimal(38, 6)) as input_micro_usd
    from slices
    group by event_date, x_record_id
),

priced as (
    select
        resolved.*,
        size_buckets.base_bucket as input_base_bucket,
        size_buckets.stratum as input_stratum,
        -- A bucket that was used and has no price makes the call unpriced; reasoning costs what output costs (M 2.1).
        case
            when sliced.x_record_id is not null then sliced.is_input_unpriced
            else (coalesce(resolved.usage_input_uncached_tokens, 0) > 0 and bands.usd_input is null)
                or (coalesce(resolved.usage_cache_read_tokens, 0) > 0 and bands.usd_cache_read is null)
                or (coalesce(resolved.usage_cache_write_5m_tokens, 0) > 0 and bands.usd_cache_write_5m is null)
                or (coalesce(resolved.usage_cache_write_1h_tokens, 0) > 0 and bands.usd_cache_write_1h is null)
                or (coalesce(resolved.usage_input_audio_tokens, 0) > 0 and bands.usd_input_audio is null)
                or (coalesce(resolved.usage_input_image_tokens, 0) > 0 and bands.usd_input_image is null)
        end
        or (coalesce(resolved.usage_output_visible_tokens, 0) > 0 and bands.usd_output is null)
        or (coalesce(resolved.usage_output_reasoning_tokens, 0) > 0 and coalesce(bands.usd_reasoning, bands.usd_output) is null)
        or (coalesce(resolved.usage_output_audio_tokens, 0) > 0 and bands.usd_output_audio is null)
        or (coalesce(resolved.usage_output_image_tokens, 0) > 0 and bands.usd_output_image is null)
            as is_unpriced,
        cast((
            case
                when sliced.x_record_id is not null then sliced.input_micro_usd
                else coalesce(resolved.usage_input_uncached_tokens, 0) * coalesce(bands.usd_input, 0)
                    + coalesce(resolved.usage_cache_read_tokens, 0) * coalesce(bands.usd_cache_read, 0)
                    + coalesce(resolved.usage_cache_write_5m_tokens, 0) * coalesce(bands.usd_cache_write_5m, 0)
                    + coalesce(resolved.usage_cache_write_1h_tokens, 0) * coalesce(bands.usd_cache_write_1h, 0)
                    + coalesce(resolved.usage_input_audio_tokens, 0) * coalesce(bands.usd_input_audio, 0)
                    + coalesce(resolved.usage_input_image_tokens, 0) * coalesce(bands.usd_input_image, 0)
            end
            + coalesce(resolved.usage_output_visible_tokens, 0) * coalesce(bands.usd_output, 0)
            + coalesce(resolved.usage_output_reasoning_tokens, 0) * coalesce(bands.usd_reasoning, bands.usd_output, 0)
            + coalesce(resolved.usage_output_audio_tokens, 0) * coalesce(bands.usd_output_audio, 0)
            + coalesce(resolved.usage_output_image_tokens, 0) * coalesce(bands.usd_output_image, 0)
        ) * cast('0.000001' as decimal(6, 6)) as decimal(38, 12)) as token_cost_usd,
        -- Null: tools were called and no row says what a call costs.
        case
            when resolved.x_server_tool_requests between 1 and 1000000 then cast(
                resolved.x_server_tool_requests * bands.usd_per_million_tool_calls * cast('0.000001' as decimal(6, 6))
                as decimal(38, 12)
            )
            else cast(0 as decimal(38, 12))
        end as list_tool_cost_usd
    from resolved
    left join bands
        on bands.event_date = resolved.event_date
        and bands.billing_provider = resolved.billing_provider
        and bands.billed_model = resolved.billed_model
        and bands.tier = resolved.tier
        and bands.price_region = resolved.price_region
        and (bands.above_prompt_tokens = 0 or coalesce(resolved.gen_ai_usage_input_tokens, 0) > bands.above_prompt_tokens)
        and (bands.upto_prompt_tokens is null or coalesce(resolved.gen_ai_usage_input_tokens, 0) <= bands.upto_prompt_tokens)
    left join sliced on sliced.event_date = resolved.event_date and sliced.x_record_id = resolved.x_record_id
    left join size_buckets
        on size_buckets.base_bucket = resolved.size_shift * 64 + (resolved.gen_ai_usage_input_tokens >> resolved.size_shift)
        and resolved.gen_ai_usage_input_tokens > size_buckets.above
        and resolved.gen_ai_usage_input_tokens <= size_buckets.upto
),

-- A name that is empty, or the word for no name, names nothing.
judged as (
    select
        *,
        nullif(nullif(trim(x_workload_tag), ''), 'unattributed') as tag,
        nullif(nullif(trim(gen_ai_prompt_name), ''), 'unattributed') as prompt,
        nullif(nullif(trim(x_app), ''), 'unattributed') as app,
        nullif(nullif(trim(x_api_key_alias), ''), 'unattributed') as api_key,
        nullif(x_template_id, '') as template,
        case
            when is_hit then 'free'
            -- an error without tokens is not billed, whatever the model (M 1.7)
            when x_status = 'error' and coalesce(gen_ai_usage_input_tokens, 0) + coalesce(gen_ai_usage_output_tokens, 0) = 0
                then 'error'
            when not has_usage then 'no_usage'
            when billed_model is null then 'unknown_model'
            when is_unpriced then 'unpriced'
            else 'priced'
        end as price_status
    from priced
)

select
    x_record_id,
    coalesce(
        tag, prompt, app, api_key, 'template:' || template, 'shape:' || sub_account_id || '/' || x_endpoint || '/' || billed_name,
        'unattributed'
    ) as workload_id,
    billing_provider as provider,
    sub_account_id,
    price_region as region_class,
    coalesce(requested_model, gen_ai_request_model) as requested_model_id,
    coalesce(billed_model, billed_name) as billed_model_id,
    tier as service_tier,
    case
        when tag is not null then 'tag'
        when prompt is not null then 'prompt'
        when app is not null then 'app'
        when api_key is not null then 'key'
        when template is not null then 'template'
        when sub_account_id || x_endpoint || billed_name is not null then 'shape'
        else 'unattributed'
    end as workload_source,
    input_base_bucket,
    input_stratum,
    x_has_tools as has_tools,
    x_has_image as has_image,
    x_has_audio as has_audio,
    nullif(trim(x_environment), '') as environment,
    x_response_format in ('json_schema', 'forced_tool') as has_schema,
    x_reasoning_effort as reasoning_effort,
    price_status,
    x_logical_request_id as logical_request_id,
    -- numbers that no call has are no numbers: a log may hold anything
    case when x_attempt between 1 and 1000000 then x_attempt end as x_attempt,
    x_start_time as started_at,
    x_end_time as ended_at,
    case when x_duration_ms between 0 and 604800000 then x_duration_ms end as latency_ms,
    x_status,
    gen_ai_response_finish_reason as finish_reason,
    case when gen_ai_request_max_tokens between 1 and 2000000000 then gen_ai_request_max_tokens end
        as max_requested_tokens,
    x_template_id as template_id,
    case when x_server_tool_requests between 0 and 1000000 then x_server_tool_requests end as server_tool_requests,
    is_hit as is_gateway_cache_hit,
    gen_ai_usage_input_tokens as input_tokens,
    gen_ai_usage_output_tokens as output_tokens,
    usage_input_uncached_tokens,
    usage_cache_read_tokens,
    usage_cache_write_5m_tokens,
    usage_cache_write_1h_tokens,
    usage_input_audio_tokens,
    usage_input_image_tokens,
    usage_output_visible_tokens,
    usage_output_reasoning_tokens,
    usage_output_audio_tokens,
    usage_output_image_tokens,
    x_source as source,
    x_source_format as source_format,
    x_usage_semantics as usage_semantics,
    case
        when price_status = 'priced' then cast(token_cost_usd + coalesce(list_tool_cost_usd, 0) as decimal(38, 12))
        when price_status = 'free' or (price_status = 'error' and has_usage) then cast(0 as decimal(38, 12))
    end as cost_usd,
    case when price_status = 'priced' then list_tool_cost_usd end as tool_cost_usd,
    event_date
from judged
