"""Prices the calls of an openai_envelope source again, from raw lines and price list, and compares every one.

Arguments: state folder, folder of raw objects, folder of seeds, name of the source.
Prints how many calls have a price; fails with the calls that differ. Decimal arithmetic, no SQL but to read the result."""
import csv
import datetime
import json
import sys
import zlib
from decimal import Decimal
from pathlib import Path

import duckdb

state, raw, seeds, source = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]


def seed(name):
    with open(seeds / f"{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


providers = {row["name"]: row["provider"] for row in seed("provider_names")}
models = {(row["provider"], row["name"]): row for row in seed("model_names")}
prices = {}
for row in seed("model_prices"):
    if row["band_mode"] == "whole_request":
        key = row["provider"], row["model_id"], row["service_tier"], row["region_class"]
        prices.setdefault(key, []).append(row)


def price_of_day(key, day, prompt):
    """Bucket to price for a prompt of that length on that day: the latest start wins, the band is chosen as a whole."""
    latest = {}
    for row in prices.get(key, []):
        if row["valid_from"] <= day and not (row["valid_to"] and row["valid_to"] <= day):
            place = row["bucket"], int(row["above_prompt_tokens"])
            if place not in latest or latest[place]["valid_from"] < row["valid_from"]:
                latest[place] = row
    # A threshold is exclusive: a prompt of exactly that length stays below it.
    bands = [band for _, band in latest if band == 0 or prompt > band]
    if not bands:
        return {}
    return {bucket: Decimal(row["usd_per_mtok"]) for (bucket, band), row in latest.items() if band == max(bands)}


def tokens_of(usage):
    """Disjoint buckets; OpenAI counts cached, written, audio and image tokens inside the input, reasoning inside the output."""
    inside = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
    outside = usage.get("completion_tokens_details") or usage.get("output_tokens_details") or {}
    total_in = usage.get("prompt_tokens", usage.get("input_tokens"))
    total_out = usage.get("completion_tokens", usage.get("output_tokens")) or 0
    tokens = {
        "cache_read": inside.get("cached_tokens") or 0,
        "cache_write_5m": inside.get("cache_write_tokens") or 0,
        "input_audio": inside.get("audio_tokens") or 0,
        "input_image": inside.get("image_tokens") or 0,
        "reasoning": outside.get("reasoning_tokens") or 0,
        "output_audio": outside.get("audio_tokens") or 0,
        "output_image": outside.get("image_tokens") or 0,
    }
    tokens["input"] = total_in - sum(tokens[name] for name in ("cache_read", "cache_write_5m", "input_audio", "input_image"))
    tokens["output"] = total_out - sum(tokens[name] for name in ("reasoning", "output_audio", "output_image"))
    return total_in, tokens


TIERS = {None: "standard", "auto": "standard", "default": "standard", "fast": "priority", "scale": "provisioned"}


def cost_of(call):
    """Dollars as a Decimal; None where any used bucket has no price, or nothing is known of the usage."""
    response = call.get("response") or {}
    usage = response.get("usage")
    if not usage:
        return None
    provider = (call.get("provider") or "openai").lower()
    provider = providers.get(provider, provider)
    name = response.get("model") or (call.get("request") or {}).get("model")
    model = models.get((provider, name))
    if model is None:
        return None
    tier = call.get("tier") or response.get("service_tier")
    ended = datetime.datetime.fromisoformat(call["ts"].replace("Z", "+00:00")).astimezone(datetime.timezone.utc)
    prompt, tokens = tokens_of(usage)
    key = provider, model["model_id"], TIERS.get(tier, tier), model["region_class"] or "global"
    known = price_of_day(key, ended.date().isoformat(), prompt)
    cost = Decimal(0)
    for bucket, count in tokens.items():
        if count:
            price = known.get(bucket, known.get("output") if bucket == "reasoning" else None)
            if price is None:
                return None
            cost += count * price
    return cost / 1_000_000


def lines_of(key, cache={}):
    if key not in cache:
        stored = (raw / key).read_bytes()
        if key.endswith(".gz"):
            # Not gzip.open: a file that is cut off still gives what was written.
            stored = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(stored) if len(stored) else b""
        cache[key] = stored.decode("utf-8-sig", "replace").split("\n")
    return cache[key]


db = duckdb.connect()
# Rows that another log filled in are not made of one raw line.
rows = db.sql(f"""
    select r.x_object_key, r.x_line, p.cost_usd::varchar
    from read_parquet('{state}/requests/event_date=*/*.parquet') as r
    join read_parquet('{state}/requests_priced/event_date=*/*.parquet') as p
        on p.x_record_id = r.x_record_id and p.event_date = r.event_date
    where r.x_source = '{source}' and r.x_repeats = 0
    order by all
""").fetchall()
faults, priced = [], 0
for key, line, found in rows:
    wanted = cost_of(json.loads(lines_of(key)[line - 1]))
    priced += wanted is not None
    if (wanted is None) != (found is None) or (wanted is not None and wanted != Decimal(found)):
        faults.append(f"{key} line {line}: expected {wanted}, found {found}")
if not rows:
    faults.append(f"no row of source {source}")
if faults:
    sys.exit(f"{len(faults)} of {len(rows)} calls differ\n" + "\n".join(faults[:10]))
print(priced)
