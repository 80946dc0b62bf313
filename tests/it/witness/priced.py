"""Mixed calls, written as raw logs, and their prices computed again by another engine that shares no SQL with the product.

  priced.py write N FOLDER SEEDS   writes N calls below FOLDER/logs and an overlay with lists of every shape
  priced.py compare STATE SEEDS OVERLAY   compares every call, null included; prints how many have a price, by status"""
import csv
import gzip
import json
import random
import sys
from pathlib import Path

import duckdb

PRICES = "provider,model_id,bucket,service_tier,region_class,above_prompt_tokens,band_mode,usd_per_mtok,valid_from,valid_to,is_derived,source_url,checked_on"


def overlay(folder, seeds):
    """Two models of our own: one with a price for everything, one whose bands are slices."""
    rows = []

    def row(model, bucket, usd, tier="standard", above=0, mode="whole_request", start="2026-01-01", end=""):
        rows.append(f"openai,{model},{bucket},{tier},global,{above},{mode},{usd},{start},{end},false,made up,2026-11-01")

    full = {"input": 1.1, "cache_read": 0.013, "cache_write_5m": 1.27, "input_audio": 7.3, "input_image": 3.9, "output": 10.7,
            "reasoning": 4.3, "output_audio": 21.1, "output_image": 33.3}
    for tier, times in {"standard": 1, "flex": 0.5, "priority": 1.75}.items():
        for bucket, usd in full.items():
            row("witness-full", bucket, round(usd * times, 6), tier, end="2026-11-10" if tier == "standard" and bucket == "output" else "")
    row("witness-full", "output", 9.9, start="2026-11-10")
    row("witness-full", "input", 2.2, above=200_000)
    row("witness-full", "output", 15.1, above=200_000)
    row("witness-full", "tool_call", 10_000)
    rows.append("anthropic,claude-sonnet-5,tool_call,standard,global,0,whole_request,10000,2026-01-01,,false,made up,2026-11-01")
    for above, times in {0: 1, 1_000: 2, 30_000: 3, 200_000: 5}.items():
        for bucket, usd in {"input": 0.7, "cache_read": 0.07, "output": 2.1}.items():
            row("witness-sliced", bucket, round(usd * times, 6), above=above, mode="marginal")
    target = folder / "overlay/queries/seeds"
    target.mkdir(parents=True)
    (target / "model_prices.csv").write_text("\n".join([PRICES, *rows]) + "\n")
    for name, values in {
        "models": lambda header, model: {"provider": "openai", "model_id": model, "source_url": "made up", "checked_on": "2026-11-01"},
        "model_names": lambda header, model: {"provider": "openai", "name": model, "model_id": model},
    }.items():
        with open(seeds / f"{name}.csv", newline="") as file:
            header = next(csv.reader(file))
        with open(target / f"{name}.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, header, lineterminator="\n")
            writer.writeheader()
            for model in ("witness-full", "witness-sliced"):
                writer.writerow(values(header, model))


def write(count, folder, seeds):
    overlay(folder, seeds)
    draw = random.Random(20261121)
    with open(seeds / "model_names.csv", newline="") as file:
        names = list(csv.DictReader(file))
    openai = [(row["provider"], row["name"]) for row in names if row["provider"] in ("openai", "deepseek", "mistral_ai", "x_ai", "gcp.gemini")]
    claude = [row["name"] for row in names if row["provider"] == "anthropic"]
    folder = folder / "logs"
    files = {}

    def size(most):
        return int(most ** draw.random()) - 1

    for number in range(count):
        stamp = f"2026-11-{draw.randrange(1, 21):02}T{draw.randrange(24):02}:{draw.randrange(60):02}:{draw.randrange(60):02}Z"
        kind = draw.randrange(10)
        if kind < 3:
            usage = {
                "input_tokens": size(400_000),
                "cache_read_input_tokens": draw.choice([0, size(300_000)]),
                "cache_creation": {"ephemeral_5m_input_tokens": draw.choice([0, size(9_000)]), "ephemeral_1h_input_tokens": draw.choice([0, 0, size(9_000)])},
                "output_tokens": size(8_000),
                "service_tier": draw.choice(["standard", "standard", "batch", "priority"]),
            }
            if draw.randrange(4) == 0:
                usage["server_tool_use"] = {"web_search_requests": draw.randrange(4)}
            usage["cache_creation_input_tokens"] = sum(usage["cache_creation"].values())
            line = {"ts": stamp, "app": f"w{number % 7}", "response": {"id": f"m{number}", "type": "message", "model": draw.choice(claude), "usage": usage}}
            name = "anthropic"
        else:
            provider, model = draw.choice(openai)
            if kind < 6:
                provider, model = "openai", draw.choice(["witness-full", "witness-sliced"])
            is_full = model == "witness-full"
            inside = {"cached_tokens": draw.choice([0, size(250_000)]), "cache_write_tokens": draw.choice([0, 0, size(5_000)]) if is_full else 0,
                      "audio_tokens": draw.choice([0, size(900)]) if is_full else 0, "image_tokens": draw.choice([0, size(900)]) if is_full else 0}
            outside = {"reasoning_tokens": draw.choice([0, size(20_000)]), "audio_tokens": draw.choice([0, 0, size(500)]) if is_full else 0}
            usage = {"prompt_tokens": sum(inside.values()) + size(400_000), "completion_tokens": sum(outside.values()) + size(8_000),
                     "prompt_tokens_details": inside, "completion_tokens_details": outside}
            line = {"ts": stamp, "app": f"w{number % 7}", "provider": provider,
                    "response": {"id": f"c{number}", "object": "chat.completion", "model": model, "usage": usage}}
            tier = draw.choice([None, None, "batch", "flex", "priority"])
            if tier:
                line["tier"] = tier
            name = "openai"
        if name not in files:
            (folder / name).mkdir(parents=True, exist_ok=True)
            files[name] = gzip.open(folder / name / "calls.jsonl.gz", "wt", compresslevel=1)
        files[name].write(json.dumps(line, separators=(",", ":")) + "\n")
    for file in files.values():
        file.close()


def compare(state, seeds, overlay):
    db = duckdb.connect()
    db.execute("set TimeZone = 'UTC'")
    for name in ("model_prices", "model_names"):
        files = [str(seeds / f"{name}.csv"), str(overlay / f"queries/seeds/{name}.csv")]
        db.execute(f"create table {name} as select * from read_csv({files}, all_varchar = true, header = true, union_by_name = true)")
    for name in ("provider_names", "price_hours"):
        db.execute(f"create table {name} as select * from read_csv('{seeds / (name + '.csv')}', all_varchar = true, header = true)")
    db.execute("""
        create table price as
        select provider, model_id, bucket, service_tier as tier, region_class as region, above_prompt_tokens::bigint as above, band_mode as mode,
            usd_per_mtok::decimal(18, 6) as usd, valid_from::date as day_1,
            -- a later row of the key ends the earlier one
            least(coalesce(valid_to::date, date '9999-01-01'), coalesce(lead(valid_from::date) over (
                partition by provider, model_id, bucket, service_tier, region_class, above_prompt_tokens order by valid_from::date), date '9999-01-01')) as day_n
        from model_prices
    """)
    db.execute(f"""
        create table call as
        with raw as (
            select *, coalesce((select p.provider from provider_names p where p.name = lower(r.gen_ai_provider_name)), lower(r.gen_ai_provider_name)) as biller,
                coalesce(x_end_time, x_start_time) as at
            from read_parquet('{state}/requests/event_date=*/*.parquet', hive_partitioning = true) r
        )
        select raw.x_record_id as id, raw.event_date::date as day, raw.biller, n.model_id as model, raw.gen_ai_usage_input_tokens as prompt,
            raw.x_server_tool_requests as tools,
            case
                when (select count(distinct region_class) filter (region_class <> 'global') from model_prices p where p.provider = raw.biller and p.model_id = n.model_id) = 0
                then 'global' else coalesce(n.region_class, raw.region_id, 'global') end as region,
            case
                when coalesce(raw.x_service_tier, 'standard') <> 'standard' then raw.x_service_tier
                when raw.event_date::date >= (select min(valid_from::date) from model_prices p where p.provider = raw.biller and p.model_id = n.model_id and p.service_tier in ('peak', 'off-peak'))
                then case when exists (
                        select 1 from price_hours h where h.provider = raw.biller and h.weekday::int = isodow(raw.at)
                            and h.half_hour::int = hour(raw.at) * 2 + minute(raw.at) // 30 and h.valid_from::date <= raw.event_date::date)
                    then 'peak' else 'off-peak' end
                else 'standard' end as tier,
            raw.usage_cache_read_tokens as cache_read, raw.usage_cache_write_1h_tokens as cache_write_1h, raw.usage_cache_write_5m_tokens as cache_write_5m,
            raw.usage_input_image_tokens as input_image, raw.usage_input_audio_tokens as input_audio, raw.usage_input_uncached_tokens as input,
            raw.usage_output_visible_tokens as output, raw.usage_output_reasoning_tokens as reasoning, raw.usage_output_audio_tokens as output_audio,
            raw.usage_output_image_tokens as output_image
        from raw
        left join model_names n on n.provider = raw.biller and n.name = coalesce(raw.gen_ai_response_model, raw.gen_ai_request_model)
    """)
    # Long form: a row per bucket that was used, with its place in the prompt.
    db.execute("""
        create table part as
        with long as (
            unpivot call on cache_read, cache_write_1h, cache_write_5m, input_image, input_audio, input, output, reasoning, output_audio, output_image
            into name bucket value tokens
        ), ordered as (
            select *, case bucket when 'cache_read' then 1 when 'cache_write_1h' then 2 when 'cache_write_5m' then 3 when 'input_image' then 4
                when 'input_audio' then 5 when 'input' then 6 end as place
            from long where tokens > 0
        )
        select *, case when place is not null then sum(tokens) over (partition by id, day, place is not null order by place) end::bigint as until
        from ordered
    """)
    db.execute("""
        create table band as
        select k.*, lead(above) over (partition by provider, model_id, tier, region, day order by above) as upto
        from (select distinct p.provider, p.model_id, p.tier, p.region, d.day, p.above, p.mode
              from price p join (select distinct day from call) d on p.day_1 <= d.day and d.day < p.day_n) k
    """)
    db.execute("""
        create table cost as
        with piece as (
            select part.id, part.day, part.bucket, band.above,
                case when band.mode = 'marginal' and part.place is not null
                    then greatest(0, least(part.until, coalesce(band.upto, part.until)) - greatest(part.until - part.tokens, band.above))
                    else part.tokens end as tokens,
                coalesce(
                    (select p.usd from price p where p.provider = part.biller and p.model_id = part.model and p.tier = part.tier and p.region = part.region
                        and p.bucket = part.bucket and p.above = band.above and p.day_1 <= part.day and part.day < p.day_n),
                    case when part.bucket = 'reasoning' then (select p.usd from price p where p.provider = part.biller and p.model_id = part.model
                        and p.tier = part.tier and p.region = part.region and p.bucket = 'output' and p.above = band.above and p.day_1 <= part.day and part.day < p.day_n) end
                ) as usd
            from part
            left join band on band.provider = part.biller and band.model_id = part.model and band.tier = part.tier and band.region = part.region and band.day = part.day
                and ((band.mode = 'marginal' and part.place is not null and (part.prompt > band.above or band.above = 0))
                    or ((band.above = 0 or part.prompt > band.above) and (band.upto is null or part.prompt <= band.upto)))
        )
        select id, day, bool_or(tokens > 0 and usd is null) as is_unpriced, sum(tokens::decimal(20, 0) * coalesce(usd, 0)::decimal(18, 6)) as micro
        from piece group by id, day
    """)
    rows = db.execute(f"""
        select x_record_id, price_status, cost_usd, wanted, is_unpriced from (
            select q.x_record_id, q.price_status, q.cost_usd, cost.is_unpriced,
                case when call.model is not null and not coalesce(cost.is_unpriced, false)
                    then (coalesce(cost.micro, 0) * 0.000001::decimal(7, 6))::decimal(38, 12)
                        + (coalesce(call.tools, 0) * coalesce((select p.usd from price p where p.bucket = 'tool_call' and p.provider = call.biller and p.model_id = call.model
                            and p.tier = call.tier and p.region = call.region and p.day_1 <= call.day and call.day < p.day_n), 0) * 0.000001::decimal(7, 6))::decimal(38, 12)
                end as wanted
            from read_parquet('{state}/requests_priced/event_date=*/*.parquet', hive_partitioning = true) q
            join call on call.id = q.x_record_id and call.day = q.event_date::date
            left join cost on cost.id = call.id and cost.day = call.day
        ) where cost_usd is distinct from wanted limit 10
    """).fetchall()
    counts = db.execute(f"""
        select price_status, count(*) from read_parquet('{state}/requests_priced/event_date=*/*.parquet', hive_partitioning = true) group by all order by all
    """).fetchall()
    if rows:
        sys.exit(f"differ: {counts}\n" + "\n".join(map(str, rows)))
    print(" ".join(f"{status}={count}" for status, count in counts))


if sys.argv[1] == "write":
    write(int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
else:
    compare(Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
