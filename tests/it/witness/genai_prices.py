"""Reads real usage bodies with the program and holds tokens and cost against another program's record of them.

usage: genai_prices.py TRIMTAB DATA PLACE

DATA holds `usages.json.gz` (bodies, and what pydantic/genai-prices read from each of them, once per provider whose
rules it tried) and `data.json.gz` (its price list). PLACE is an empty folder. Each body becomes a record of one of our
formats; the reading that counts is that of the provider that made the body. The list is imported as an overlay, all
bodies run once over it, and two tables are printed: tokens and prices, by outcome. What differs without a reason that
stands below is printed in full, and the exit code is 1.
"""

import csv
import gzip
import io
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

sys.dont_write_bytecode = True
from genai_list import NOON, cost_by_list, entry_of, prices_in_force  # noqa: E402

# The calls are dated to the day of the list. The record was priced for 2025-11-06; no price that a body needs changed
# in between.
RUN_DATE = "2026-08-22"
SEEDS = Path(__file__).parents[3] / "queries/seeds"

# Providers of ours by the list's names, where the two differ.
PROVIDERS = {"google": ["gcp.gemini", "gcp.vertex_ai"], "mistral": ["mistral_ai"], "aws": ["aws.bedrock"]}

# Columns of ours that make up a count of the recorded reading.
COUNTS = {
    "input_tokens": "usage_input_uncached_tokens + usage_cache_read_tokens + usage_cache_write_5m_tokens"
    " + usage_cache_write_1h_tokens + coalesce(usage_input_audio_tokens, 0) + coalesce(usage_input_image_tokens, 0)",
    "output_tokens": "usage_output_visible_tokens + coalesce(usage_output_reasoning_tokens, 0)"
    " + coalesce(usage_output_audio_tokens, 0) + coalesce(usage_output_image_tokens, 0)",
    "cache_read_tokens": "usage_cache_read_tokens",
    "cache_write_tokens": "usage_cache_write_5m_tokens + usage_cache_write_1h_tokens",
    "output_reasoning_tokens": "usage_output_reasoning_tokens",
    "input_audio_tokens": "usage_input_audio_tokens",
    "input_image_tokens": "usage_input_image_tokens",
    "output_audio_tokens": "usage_output_audio_tokens",
    "output_image_tokens": "usage_output_image_tokens",
    "web_searches": "x_server_tool_requests",
}
# Every body states these; the record leaves a zero out, and so may we for the others.
ALWAYS = ("input_tokens", "cache_read_tokens")
# What was read from the cache stands in our bucket for cached input alone.
CACHED = {"input_audio_tokens": "cache_audio_read_tokens", "input_image_tokens": "cache_image_read_tokens"}


def maker(body):
    """Format, provider and flavour of a body by its shape and the recording that it is from; None without a format."""
    usage, recording = body.get("usage"), body["file"].lower()
    if "usageMetadata" in body:
        return "gemini", "google", "default"
    if usage is None or "billed_units" in usage:
        return None
    if "inputTokens" in usage:
        return "bedrock", "aws", "default"
    if "cache_creation_input_tokens" in usage:
        return "anthropic_message", "anthropic", "default"
    if "input_tokens" in usage:
        return "openai_response", "openai", "responses"
    if "cost" in usage or "test_openrouter/" in recording:
        return "openai_response", "openrouter", "chat"
    if "queue_time" in usage:
        return "openai_response", "groq", "default"
    if "num_cached_tokens" in usage or "mistral" in recording:
        return "mistral", "mistral", "default"
    if "prompt_cache_hit_tokens" in usage:
        return "openai_response", "deepseek", "chat"
    if "test_cerebras/" in recording:
        return "openai_envelope", "cerebras", "chat"
    if "test_zai/" in recording:
        return "openai_envelope", "zhipuai", "chat"
    if "completion_tokens" not in usage:
        return "openai_response", "openai", "embeddings"
    return "openai_response", "openai", "chat"


def record(form, provider, name, body):
    """The body as a log of the format holds it, with a response id of ours."""
    usage, model = body.get("usage"), body.get("model")
    if form == "gemini":
        return {"responseId": name, "modelVersion": body.get("modelVersion"), "usageMetadata": body["usageMetadata"]}
    if form == "anthropic_message":
        return {"id": name, "type": "message", "model": model, "usage": usage}
    if form == "bedrock":
        counts = {f"{key}Count": usage.get(f"{key}s") for key in ("inputToken", "cacheReadInputToken", "cacheWriteInputToken")}
        output = {"outputTokenCount": usage["outputTokens"], "outputBodyJson": {"usage": usage}}
        call = {"timestamp": NOON.isoformat(), "requestId": name, "operation": "Converse", "modelId": model}
        return {**call, "input": counts, "output": output}
    if "input_tokens" in usage:
        kind = {"object": "response", "created_at": int(NOON.timestamp())}
    else:
        kind = {"object": "chat.completion" if "completion_tokens" in usage else "list", "created": int(NOON.timestamp())}
    answer = {"id": name, **kind, "model": model, "usage": usage}
    if form == "openai_envelope":
        return {"ts": NOON.isoformat(), "provider": provider, "request": {"model": model}, "response": answer}
    return answer


def reading(item, provider, flavour):
    """Counts and extractor of one provider's reading."""
    for found in item["extracted"]:
        for extractor in found["extractors"]:
            if (extractor["provider_id"], extractor["api_flavor"]) == (provider, flavour):
                return found["usage"], extractor
    return None


def call(*arguments):
    said = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True)
    if said.returncode:
        sys.exit(f"{arguments}: {said.stderr}")
    return said.stdout


def name_as_listed(overlay, prices, bodies):
    """Adds to the overlay what the list's rules say of the names in the bodies; gives how many it had to add.

    The import takes exact names only. These are the rows that somebody adds who reads in `coverage` which models are
    unknown, and who wants the names of the list where the catalog reads a name otherwise.
    """
    path = overlay / "queries/seeds/model_names.csv"
    added, known = read_names(path), {}
    known = {**read_names(SEEDS / "model_names.csv"), **added}
    wanted = set()
    for provider, model in bodies:
        entry = entry_of(prices, provider, model) if model else None
        for ours in PROVIDERS.get(provider, [provider]):
            meant = known.get((ours, entry["id"])) if entry else None
            if meant and known.get((ours, model)) != meant:
                wanted.add((ours, model))
                added[ours, model] = meant
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["provider", "name", "model_id", "region_class"])
        writer.writerows([*key, *meant] for key, meant in added.items())
    return len(wanted)


def read_names(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        return {(row["provider"], row["name"]): (row["model_id"], row["region_class"]) for row in rows}


def run(trimtab, data, place, logs, prices, bodies):
    """Imports the list, runs every log over it; gives rows, rejected lines and the number of names added."""
    overlay, config = place / "overlay", place / "trimtab.toml"
    day = NOON.date().isoformat()
    call(
        trimtab, "prices", "import", data / "data.json.gz", "--from", "genai-prices", "--to", overlay,
        "--take-conflicts", "--accept-large-changes", "--checked-on", day, "--valid-from", day,
    )
    names = name_as_listed(overlay, prices, bodies)
    text = f'date = "{RUN_DATE}"\nproject = "overlay"\nstate = "out/state/"\noutput = "out/"\n'
    for form, records in logs.items():
        path = place / form / ("2026/08/21/12/bodies.json" if form == "bedrock" else "bodies.jsonl")
        path.parent.mkdir(parents=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in records))
        # Formats without a time date a call by its object.
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
        text += f'[[sources]]\nname = "{form}"\nformat = "{form}"\nurl = "{form}/"\n'
    config.write_text(text)
    call(trimtab, "run", "--quiet", "--config", config)

    def ask(select):
        return list(csv.DictReader(io.StringIO(call(trimtab, "sql", select, "--format", "csv", "--config", config))))

    counts = ", ".join(f"{sql} as {name}" for name, sql in COUNTS.items())
    rows = ask(
        f"with counted as (select x_record_id, coalesce(gen_ai_response_id, x_request_id) as item, {counts} from requests) "
        "select counted.*, priced.service_tier, priced.price_status, priced.cost_usd "
        "from counted inner join requests_priced as priced on priced.x_record_id = counted.x_record_id"
    )
    return rows, ask("select source, line, path, reason from quarantine"), names


def wrong_counts(row, usage):
    """Names of counts that differ, with ours and theirs."""
    wrong = {}
    for name in COUNTS:
        # Our bucket leaves out what was read from the cache.
        theirs = usage.get(name, 0) - usage.get(CACHED.get(name), 0)
        if int(row[name] or 0) != theirs or (name in ALWAYS and not row[name]):
            wrong[name] = (int(row[name] or 0), theirs)
    return wrong


def why_counts(wrong, usage):
    """The reason of a difference of tokens; None where there is none."""
    more = {name: ours - theirs for name, (ours, theirs) in wrong.items()}
    turns = [turn for turn in usage.get("iterations") or [] if turn["type"] == "compaction"]
    write = sum(turn["cache_creation_input_tokens"] for turn in turns)
    billed = {
        "input_tokens": write + sum(turn["input_tokens"] + turn["cache_read_input_tokens"] for turn in turns),
        "output_tokens": sum(turn["output_tokens"] for turn in turns),
        "cache_write_tokens": write,
    }
    if more == {name: count for name, count in billed.items() if count}:
        return "a compaction is billed beside the counts: the record leaves it out"
    if more == {"cache_read_tokens": usage.get("num_cached_tokens")}:
        return "Mistral's num_cached_tokens is cached input: the record leaves it out"
    beyond = usage.get("total_tokens", 0) - usage.get("prompt_tokens", 0) - usage.get("completion_tokens", 0)
    if more == {"output_tokens": beyond, "output_reasoning_tokens": beyond}:
        return "thoughts stand in total_tokens only: the record leaves them out"
    return None


def lacks_price(stated, usage):
    """Whether the list has no price for a kind of tokens that was used: our cost is then unknown."""
    kinds = {"cache_read_mtok": "cache_read_tokens", "output_image_mtok": "output_image_tokens"}
    return any(usage.get(count) and price not in stated for price, count in kinds.items())


def why_cost(row, usage, recorded, prices, listed, differing_counts):
    """The reason of a difference of cost, checked by what the list says of the counts; None where there is none.

    `usage` has our counts where they differ from the record's for a reason.
    """
    provider, model = listed
    entry, cost = entry_of(prices, provider, model), row["cost_usd"] and Decimal(row["cost_usd"])
    if entry is None:
        return None
    stated = prices_in_force(entry)
    if differing_counts:
        is_so = cost_by_list(stated, usage) == cost if cost else lacks_price(stated, usage)
        return f"tokens differ: {differing_counts}" if is_so else None
    if cost_by_list(stated, usage) != recorded:
        return "the recorded price does not follow from the list: it is of a newer one"
    if row["service_tier"] != "standard":
        return f"served at the {row['service_tier']} tier: the list has no tiers"
    if row["price_status"] == "unknown_model" and not stated:
        return "the list has the model without a price: unknown to us, free to the record"
    if row["price_status"] == "unknown_model" and isinstance(entry["prices"], list):
        return "price by the time of day: not imported"
    if row["price_status"] == "unpriced" and lacks_price(stated, usage):
        return "a kind of tokens has no price in the list: unpriced, where the record takes the price of all of its side"
    if "cache_audio_read_mtok" in stated and cost == cost_by_list(
        {**stated, "cache_audio_read_mtok": stated["cache_read_mtok"]}, usage
    ):
        return "cached audio has a price of its own in the list: we have one for all cached input"
    meant = read_names(SEEDS / "model_names.csv").get((PROVIDERS.get(provider, [provider])[0], model))
    other = meant and entry_of(prices, provider, meant[0])
    if other and other is not entry and cost == cost_by_list(prices_in_force(other), usage):
        return "the list prices an alias otherwise than the model that it means in the catalog"
    return None


def main():
    trimtab, data, place = (Path(argument).resolve() for argument in sys.argv[1:4])
    items = json.loads(gzip.open(data / "usages.json.gz").read())
    prices = json.loads(gzip.open(data / "data.json.gz").read(), parse_float=Decimal)
    tokens, costs, faults = Counter(), Counter(), []
    logs, held = defaultdict(list), {}
    for number, item in enumerate(items):
        made = maker(item["body"])
        found = made and reading(item, *made[1:])
        if made is None:
            for table in (tokens, costs):
                table["not applicable: no format reads Cohere's bodies"] += 1
            continue
        if found is None:
            faults.append(f"no reading of {made}: {item['body']}")
            continue
        # OpenRouter's ids begin so, and by that we know its answers.
        name = f"gen-{number}" if made[1] == "openrouter" else f"item-{number}"
        held[name] = (item, made[1], *found)
        logs[made[0]].append(record(made[0], made[1], name, item["body"]))
    bodies = {(provider, item.get("model")) for item, provider, _, _ in held.values()}
    rows, rejected, names = run(trimtab, data, place, logs, prices, bodies)
    faults += [f"rejected: {line}" for line in rejected]
    beside = 0
    for row in rows:
        if row["item"] not in held:
            beside += 1
            continue
        item, provider, usage, extractor = held.pop(row["item"])
        body = item["body"]
        wrong = wrong_counts(row, usage)
        why = wrong and why_counts(wrong, body.get("usage") or body["usageMetadata"])
        tokens["matched" if not wrong else f"differing: {why}"] += 1
        if wrong and why is None:
            faults.append(f"{row['item']} {body}: {wrong}")
        if "input_price" not in extractor:
            costs["not applicable: " + ("no price recorded" if item.get("model") else "the body names no model")] += 1
            continue
        recorded = Decimal(extractor["input_price"]) + Decimal(extractor["output_price"])
        if row["cost_usd"] and Decimal(row["cost_usd"]) == recorded:
            costs["matched"] += 1
            continue
        counted = {**usage, **{name: ours for name, (ours, _) in wrong.items()}}
        because = why_cost(row, counted, recorded, prices, (provider, item["model"]), why)
        costs[f"differing: {because}"] += 1
        if because is None:
            faults.append(f"{row['item']} {provider} {item['model']}: {row} for {recorded}; {usage}")
    faults += [f"no row: {name}" for name in held]
    print(f"items {len(items)}, rows of advisors beside them {beside}, names added {names}")
    for title, table in (("tokens", tokens), ("cost", costs)):
        for outcome, count in sorted(table.items()):
            print(f"{title} {count} {outcome}")
    if faults:
        sys.exit("\n".join(faults))


main()
