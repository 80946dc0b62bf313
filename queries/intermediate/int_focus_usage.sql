-- One row per day, workload, account, model, tier, region, token kind and price of the open and the previous month: what it lists at.
--
-- grain:  event_date, workload_id, provider, sub_account_id, model_id, service_tier, region_class, token_kind, above_prompt_tokens
-- method: M 2.1, 2.3 (strata end where bands end, so a cell has one price for each kind)
with cells as (
    select workload_cube.*
    from workload_cube
    cross join settings
    where workload_cube.event_date >= cast(date_trunc('month', settings.run_date) - interval '1 month' as date)
        and workload_cube.event_date < settings.run_date
),

kinds as (
    select
        cells.event_date,
        cells.workload_id,
        cells.provider,
        cells.sub_account_id,
        cells.billed_model_id as model_id,
        cells.service_tier,
        cells.region_class,
        coalesce(cells.input_stratum, 0) as input_stratum,
        names.token_kind,
        names.bucket,
        sum(case names.token_kind
            when 'input' then cells.usage_input_uncached_tokens
            when 'cache_read' then cells.usage_cache_read_tokens
            when 'cache_write_5m' then cells.usage_cache_write_5m_tokens
            when 'cache_write_1h' then cells.usage_cache_write_1h_tokens
            when 'input_audio' then cells.usage_input_audio_tokens
            when 'input_image' then cells.usage_input_image_tokens
            when 'output' then cells.usage_output_visible_tokens
            when 'reasoning' then cells.usage_output_reasoning_tokens
            when 'output_audio' then cells.usage_output_audio_tokens
            else cells.usage_output_image_tokens
        end) as tokens
    from cells
    cross join (
        values ('input', 'input'), ('cache_read', 'cache_read'), ('cache_write_5m', 'cache_write_5m'), ('cache_write_1h', 'cache_write_1h'),
            ('input_audio', 'input_audio'), ('input_image', 'input_image'), ('output', 'output'), ('reasoning', 'output'),
            ('output_audio', 'output_audio'), ('output_image', 'output_image')
    ) as names (token_kind, bucket)
    -- What has no price is in no line of its own: a unit price of it would be made up.
    where cells.unknown_model_requests + cells.unpriced_requests in (0)
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
),

offered as (
    select
        kinds.*,
        model_prices.above_prompt_tokens,
        model_prices.usd_per_mtok,
        -- The highest band that the prompt reaches; reasoning has a price of its own before that of output.
        row_number() over (
            partition by kinds.event_date, kinds.workload_id, kinds.provider, kinds.sub_account_id, kinds.model_id, kinds.service_tier,
                kinds.region_class, kinds.input_stratum, kinds.token_kind
            order by model_prices.above_prompt_tokens desc, case when model_prices.bucket = kinds.token_kind then 1 else 2 end
        ) as place
    from kinds
    inner join model_prices
        on model_prices.provider = kinds.provider
        and model_prices.model_id = kinds.model_id
        and model_prices.service_tier = kinds.service_tier
        and model_prices.region_class = kinds.region_class
        and model_prices.bucket in (kinds.token_kind, kinds.bucket)
        and model_prices.band_mode = 'whole_request'
        and (model_prices.above_prompt_tokens = 0 or kinds.input_stratum > model_prices.above_prompt_tokens)
        and model_prices.valid_from <= kinds.event_date
        and (model_prices.valid_to is null or kinds.event_date < model_prices.valid_to)
    where kinds.tokens > 0
),

priced as (
    select event_date, workload_id, provider, sub_account_id, model_id, service_tier, region_class, token_kind, above_prompt_tokens,
        usd_per_mtok, sum(tokens) as tokens,
        cast(sum(tokens * usd_per_mtok * cast('0.000001' as decimal(6, 6))) as decimal(38, 12)) as list_usd
    from offered
    where place = 1
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
),

-- Calls of tools, slices and calls in part without a price: what is left of the cost has no price by the token.
rest as (
    select event_date, workload_id, provider, sub_account_id, model_id, service_tier, region_class, sum(usd) as usd
    from (
        select event_date, workload_id, provider, sub_account_id, billed_model_id as model_id, service_tier, region_class, cost_usd as usd
        from cells
        union all
        select event_date, workload_id, provider, sub_account_id, model_id, service_tier, region_class, -list_usd
        from priced
    ) as both_sides
    group by 1, 2, 3, 4, 5, 6, 7
)

select event_date, workload_id, provider, sub_account_id, model_id, service_tier, region_class, token_kind, above_prompt_tokens, usd_per_mtok,
    tokens, list_usd
from priced
union all
select event_date, workload_id, provider, sub_account_id, model_id, service_tier, region_class, 'other', cast(0 as bigint),
    cast(null as decimal(18, 6)), cast(null as bigint), cast(usd as decimal(38, 12))
from rest
where usd <> 0
