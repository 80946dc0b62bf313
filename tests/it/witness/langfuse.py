"""Reads real traces of agent frameworks twice, as Langfuse wrote them and as the spans that they were made of.

usage: langfuse.py TRIMTAB DATA PLACE

DATA holds `framework-traces.tar.xz`, documents of Langfuse's own download. PLACE is an empty folder. Langfuse's own sums
per observation (`inputUsage`, `outputUsage`) and its own cost (`totalCost`) are the second reading. The spans are built
from the attributes that each observation keeps of its OpenTelemetry span: names and values are the instrumentations',
only the OTLP document around them is made here. Prints both readings; exit code 1 where one differs without a reason.
"""

import csv
import io
import json
import subprocess
import sys
import tarfile
from collections import Counter
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

RUN_DATE = "2026-03-20"
CALLS = ("GENERATION", "EMBEDDING")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def nanoseconds(text):
    if not text:
        return "0"
    return str((datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH) // timedelta(microseconds=1) * 1000)


def value(plain):
    """A value as OTLP's JSON writes it."""
    if plain is None:
        return {}
    if isinstance(plain, bool):
        return {"boolValue": plain}
    if isinstance(plain, int):
        return {"intValue": str(plain)}
    if isinstance(plain, float):
        return {"doubleValue": plain}
    if isinstance(plain, list):
        return {"arrayValue": {"values": [value(item) for item in plain]}}
    if isinstance(plain, dict):
        return {"kvlistValue": {"values": pairs(plain)}}
    return {"stringValue": plain}


def pairs(attributes):
    return [{"key": key, "value": value(plain)} for key, plain in (attributes or {}).items()]


def kept_of(observation):
    """What an observation keeps of its span: attributes, resource and scope."""
    kept = observation["metadata"]
    return json.loads(kept) if isinstance(kept, str) else kept or {}


def spans_of(document):
    """The observations of a trace as one OTLP document, a resource each."""
    resources = []
    for observation in document["observations"]:
        kept = kept_of(observation)
        span = {
            "traceId": observation["traceId"],
            "spanId": observation["id"],
            "parentSpanId": observation["parentObservationId"] or "",
            "name": observation["name"],
            "kind": 3,
            "startTimeUnixNano": nanoseconds(observation["startTime"]),
            "endTimeUnixNano": nanoseconds(observation["endTime"]),
            "attributes": pairs(kept.get("attributes")),
            "status": {"code": 2} if observation["level"] == "ERROR" else {},
        }
        scope = {name: text for name, text in (kept.get("scope") or {}).items() if name in ("name", "version") and text}
        resource = {"attributes": pairs(kept.get("resourceAttributes"))}
        resources.append({"resource": resource, "scopeSpans": [{"scope": scope, "spans": [span]}]})
    return {"resourceSpans": resources}


def call(*arguments):
    said = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True)
    if said.returncode:
        sys.exit(f"{arguments}: {said.stderr}")
    return said.stdout


def run(trimtab, place, form):
    """A function that asks what a run of one format over its folder gave."""
    config = place / f"{form}.toml"
    config.write_text(
        f'date = "{RUN_DATE}"\nstate = "out-{form}/state/"\noutput = "out-{form}/"\n'
        "[retention]\nrequests_days = 36500\ndaily_months = 1200\nevaluations_months = 1200\n"
        f'[[sources]]\nname = "traces"\nformat = "{form}"\nurl = "{form}/"\n'
    )
    call(trimtab, "run", "--quiet", "--config", config)

    def ask(select):
        return list(csv.DictReader(io.StringIO(call(trimtab, "sql", select, "--format", "csv", "--config", config))))

    rejected = ask("select object_key, line, path, reason from quarantine")
    if rejected:
        sys.exit(f"{form}: rejected {rejected}")
    return ask


ROWS = """
    with calls as (
        select
            x_record_id, regexp_replace(x_natural_key, '^.*/', '') as id, x_repeats, x_usage_semantics as usage,
            gen_ai_usage_input_tokens as input, gen_ai_usage_output_tokens as output, x_reported_cost_usd as reported
        from requests
    )
    select calls.*, priced.price_status, priced.cost_usd
    from calls inner join requests_priced as priced on priced.x_record_id = calls.x_record_id
"""


def number(text):
    return int(text) if text else None


def main():
    trimtab, data, place = (Path(argument).resolve() for argument in sys.argv[1:4])
    documents = {}
    with tarfile.open(data / "framework-traces.tar.xz") as archive:
        for member in archive.getmembers():
            if member.name.endswith(".json"):
                documents[member.name.split("/")[-1]] = json.load(archive.extractfile(member))
    for form, made in (("langfuse_observations", dict), ("otlp_traces", spans_of)):
        (place / form).mkdir()
        for name, document in documents.items():
            (place / form / name).write_text(json.dumps(made(document)))
    observations = {}
    for document in documents.values():
        inside = {o["parentObservationId"] for o in document["observations"] if o["type"] in CALLS and o["usageDetails"]}
        observations |= {
            o["id"]: {**o, "is_outer": o["id"] in inside} for o in document["observations"] if o["type"] in CALLS
        }
    faults = []
    for form in ("langfuse_observations", "otlp_traces"):
        ask = run(trimtab, place, form)
        rows = ask(ROWS)
        found, costs = Counter(), Counter()
        for row in rows:
            one = observations.get(row["id"])
            if one is None or one["is_outer"]:
                faults.append(f"{form}: no call: {row}")
                continue
            ours = number(row["input"]), number(row["output"])
            theirs = one["inputUsage"], one["outputUsage"]
            found["input"] += ours[0] or 0
            found["output"] += ours[1] or 0
            found["missing"] += row["usage"] == "missing"
            if tuple(count or 0 for count in ours) == theirs:
                found["equal to Langfuse's"] += 1
            elif row["usage"] == "missing":
                found["not in the span"] += 1
            elif one["totalUsage"] - one["inputUsage"] == ours[1] and one["inputUsage"] == ours[0]:
                found["with thoughts that only the total has"] += 1
            else:
                faults.append(f"{form}: {row} for {theirs}")
            costs[cost(row, one)] += 1
        for one in observations.values():
            if not one["is_outer"] and one["id"] not in {row["id"] for row in rows}:
                found[f"without a row: {why_no_call(kept_of(one).get('attributes') or {})}"] += 1
        read = ask("select * from coverage where event_date is null")[0]
        names = ("records_read", "rows_in", "rows_kept", "rows_repeated", "records_rejected", "rows_rejected")
        print(form, *(f"{name} {read[name]}" for name in names), f"calls {len(rows)}")
        print("tokens:", *(f"{name} {count};" for name, count in sorted(found.items())))
        print("cost:", *(f"{name} {count};" for name, count in sorted(costs.items())))
        if form == "langfuse_observations":
            scores = [score for document in documents.values() for score in document["trace"]["scores"]]
            sums = {score["name"]: Decimal(0) for score in scores}
            for score in scores:
                sums[score["name"]] += Decimal(str(score["value"]))
            theirs = {name: (sum(s["name"] == name for s in scores), float(total)) for name, total in sums.items()}
            asked = ask("select eval_set, count(*) as n, sum(score) as total from evaluations group by eval_set")
            ours = {row["eval_set"]: (int(row["n"]), round(float(row["total"]), 9)) for row in asked}
            if ours != theirs:
                faults.append(f"scores: {ours} for {theirs}")
            print("scores:", *(f"{name} {count} {total};" for name, (count, total) in sorted(ours.items())))
    if faults:
        sys.exit("\n".join(faults))


def why_no_call(attributes):
    """Why a span that Langfuse takes for a call is none by its attributes."""
    if not any("model" in name for name in attributes):
        return "the span names no model"
    said = [name for name in attributes if "token" in name or "usage" in name or "operation" in name]
    return f"it says {said}" if said else "the span has neither an operation nor tokens"


def cost(row, one):
    """How our cost compares with Langfuse's, which is a float of theirs cut at twelve decimals."""
    if not row["cost_usd"]:
        return f"ours unknown ({row['price_status']})"
    apart = abs(Decimal(row["cost_usd"]) - Decimal(str(one["totalCost"])))
    if apart <= Decimal("1e-12"):
        return "equal to Langfuse's"
    if one["providedCostDetails"]:
        return "theirs is the instrumentation's"
    if Decimal(str(one["totalCost"])) == Decimal(one["totalUsage"]) / 1_000_000:
        return "theirs is a price of the project's own, $1 a million"
    return f"differs: {row['cost_usd']} for {one['totalCost']}"


main()
