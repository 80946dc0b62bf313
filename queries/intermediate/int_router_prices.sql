-- One row per day that is asked for, automatic router, tier, region and band: what its models cost, by their shares of its tokens.
--
-- grain:  priced_on, provider, model_id, service_tier, region_class, above_prompt_tokens
-- method: M 1.1 (priced by the model that is billed), 2.3 (a band of the router begins wherever one of a model begins); a bucket that
--         one of its models has no price for has none
with parts as (
    select listed.*, routers.router_id, routers.input_share, routers.output_share
    from int_routers as routers
    inner join int_listed_prices as listed on listed.provider = routers.provider and listed.model_id = routers.model_id
),

edges as (
    select distinct priced_on, provider, router_id, service_tier, region_class, above_prompt_tokens as edge from parts
),

-- Of each model the band that the edge lies in.
placed as (
    select
        parts.*, edges.edge,
        row_number() over (
            partition by edges.priced_on, edges.provider, edges.router_id, edges.service_tier, edges.region_class, edges.edge, parts.model_id
            order by parts.above_prompt_tokens desc
        ) as place
    from edges
    inner join parts
        on parts.priced_on = edges.priced_on and parts.provider = edges.provider and parts.router_id = edges.router_id
        and parts.service_tier = edges.service_tier and parts.region_class = edges.region_class
        and parts.above_prompt_tokens <= edges.edge
),

sizes as (
    select provider, router_id, count(*) as models from int_routers group by provider, router_id
)

select
    placed.priced_on, placed.provider, placed.router_id as model_id, placed.service_tier, placed.region_class, placed.edge as above_prompt_tokens,
    case when count(usd_input) = count(*) then cast(sum(usd_input * input_share) as decimal(18, 6)) end as usd_input,
    case when count(usd_cache_read) = count(*) then cast(sum(usd_cache_read * input_share) as decimal(18, 6)) end as usd_cache_read,
    case when count(usd_cache_write_5m) = count(*) then cast(sum(usd_cache_write_5m * input_share) as decimal(18, 6)) end as usd_cache_write_5m,
    case when count(usd_cache_write_1h) = count(*) then cast(sum(usd_cache_write_1h * input_share) as decimal(18, 6)) end as usd_cache_write_1h,
    case when count(usd_input_audio) = count(*) then cast(sum(usd_input_audio * input_share) as decimal(18, 6)) end as usd_input_audio,
    case when count(usd_input_image) = count(*) then cast(sum(usd_input_image * input_share) as decimal(18, 6)) end as usd_input_image,
    case when count(usd_output) = count(*) then cast(sum(usd_output * output_share) as decimal(18, 6)) end as usd_output,
    case when count(usd_reasoning) = count(*) then cast(sum(usd_reasoning * output_share) as decimal(18, 6)) end as usd_reasoning,
    case when count(usd_output_audio) = count(*) then cast(sum(usd_output_audio * output_share) as decimal(18, 6)) end as usd_output_audio,
    case when count(usd_output_image) = count(*) then cast(sum(usd_output_image * output_share) as decimal(18, 6)) end as usd_output_image
from placed
inner join sizes on sizes.provider = placed.provider and sizes.router_id = placed.router_id
where placed.place = 1
group by placed.priced_on, placed.provider, placed.router_id, placed.service_tier, placed.region_class, placed.edge, sizes.models
having count(*) = sizes.models
