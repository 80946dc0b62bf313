"""Reads recorded answers of providers with the program and holds every token count against the answers themselves.

usage: cassettes.py TRIMTAB DATA PLACE

DATA holds `cassettes.tar.xz`, recordings in YAML that openllmetry's tests made of real calls. PLACE is an empty folder.
Each answer of a model becomes a record as a log holds it: the body as it came, and of a stream what a client keeps
that puts it together. Bedrock's records are built as its invocation log is, with the counts of the answer's headers
where it has them: the usage in the body is then a second reading of one call. What was read, what was compared and what
no format reads is printed; a valid record that is rejected or a count that differs is printed in full, with exit code 1.
"""

import base64
import csv
import gzip
import io
import json
import re
import struct
import subprocess
import sys
import tarfile
from collections import Counter, defaultdict
from pathlib import Path

import yaml

# After any day on which this may run: formats without a time are dated by their object.
RUN_DATE = "2099-01-01"
COLUMNS = {
    "input": "gen_ai_usage_input_tokens",
    "cache_read": "usage_cache_read_tokens",
    "cache_write": "usage_cache_write_5m_tokens + usage_cache_write_1h_tokens",
    "output": "gen_ai_usage_output_tokens",
    "reasoning": "usage_output_reasoning_tokens",
}
UNKNOWN = dict.fromkeys(COLUMNS)
BEDROCK = {
    "inputTokenCount": ("Input-Token-Count", "inputTokens"),
    "cacheReadInputTokenCount": ("Cache-Read-Input-Token-Count", "cacheReadInputTokens"),
    "cacheWriteInputTokenCount": ("Cache-Write-Input-Token-Count", "cacheWriteInputTokens"),
    "outputTokenCount": ("Output-Token-Count", "outputTokens"),
}


def recordings(archive):
    """Package, name and interactions of every recording, by name."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with tarfile.open(archive) as files:
        for member in sorted(files.getmembers(), key=lambda member: member.name):
            if member.name.endswith(".yaml"):
                package = member.name.split("/")[1].removeprefix("opentelemetry-instrumentation-")
                for interaction in yaml.load(files.extractfile(member).read(), Loader=loader)["interactions"]:
                    yield package, member.name, interaction


def text_of(answer):
    body = answer["body"].get("string") or ""
    if isinstance(body, bytes):
        body = (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode("utf-8", "replace")
    return body


def header(answer, name):
    for key, value in answer["headers"].items():
        if key.lower() == name.lower():
            value = value[0] if isinstance(value, list) else value
            return value.decode() if isinstance(value, bytes) else value
    return None


def whole(text):
    """The body of an answer, put together where it came as a stream of events; None when it is neither."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        data = [line[5:].strip() for line in text.splitlines() if line.startswith("data:")]
        parts = [json.loads(part) for part in data if part not in ("", "[DONE]")]
    if not parts:
        return None
    if parts[0].get("type") == "message_start":
        message = parts[0]["message"]
        for part in parts:
            if part.get("type") == "message_delta":
                message = {**message, **part["delta"], "usage": {**message["usage"], **part["usage"]}}
        return message
    for part in reversed(parts):
        if part.get("type") in ("response.completed", "response.incomplete", "response.failed"):
            return part["response"]
        if part.get("usage") or part.get("usageMetadata"):
            return part
    known = next((part for part in parts if part.get("id")), parts[0])
    named = {key: known.get(key) for key in ("id", "created", "model")}
    return {**named, "object": "chat.completion", "choices": [{"finish_reason": "stop"}]}


def messages(data):
    """The JSON messages of a stream in AWS's binary form, unwrapped where they are wrapped once more."""
    while len(data) >= 16:
        length, headers = struct.unpack(">II", data[:8])
        part = json.loads(data[12 + headers : length - 4] or b"{}")
        yield json.loads(base64.b64decode(part["bytes"])) if "bytes" in part else part
        data = data[length:]


def bedrock(interaction, number):
    """The record of Bedrock's log and the usage that the body states, or the reason why there is none."""
    answer = interaction["response"]
    called = re.search(r"/model/([^/]+)/(invoke|converse)(-with-response-stream|-stream)?$", interaction["request"]["uri"])
    if called is None:
        return "not the call of a model"
    raw = answer["body"].get("string")
    if called[3] and isinstance(raw, bytes) and raw[:1] == b"\0":
        body, usage = list(messages(raw)), {}
        for part in body:
            for holder in (part, part.get("message") or {}, part.get("metadata") or {}):
                usage.update(holder.get("usage") or {})
        counted = next((part[key] for part in body for key in part if key == "amazon-bedrock-invocationMetrics"), None)
        stated = {name: counted.get(name) for name in BEDROCK} if counted else by_body(usage)
        if stated is None:
            return "a stream of Bedrock without counts"
    else:
        body = whole(text_of(answer))
        usage = body.get("usage") or {}
        by_header = {name: header(answer, f"X-Amzn-Bedrock-{names[0]}") for name, names in BEDROCK.items()}
        stated = {name: None if count is None else int(count) for name, count in by_header.items()}
        if stated["inputTokenCount"] is None:
            stated = by_body(usage) or stated
    operation = {"invoke": "InvokeModel", "converse": "Converse"}[called[2]]
    streamed = {"InvokeModel": "WithResponseStream", "Converse": "Stream"}[operation] if called[3] else ""
    output = {"outputTokenCount": stated.pop("outputTokenCount"), "outputBodyJson": body}
    record = {
        "schemaType": "ModelInvocationLog", "timestamp": "2026-09-21T12:00:00Z", "requestId": f"request-{number}",
        "operation": operation + streamed, "modelId": called[1].replace("%3A", ":"), "input": stated, "output": output,
    }
    if answer["status"]["code"] >= 400:
        record["errorCode"] = (header(answer, "x-amzn-ErrorType") or "Exception").split(":")[0]
    if not usage.keys() & {"inputTokens", "input_tokens"}:
        # Titan, Llama and others name their counts otherwise, or have none: the headers are the only reading.
        known = {"input_tokens": stated["inputTokenCount"], "output_tokens": output["outputTokenCount"]}
        usage = None if None in known.values() else known
    return "bedrock", record, usage


def by_body(usage):
    if "inputTokens" not in usage:
        return None
    return {name: usage.get(names[1]) for name, names in BEDROCK.items()}


def record_of(package, interaction, number):
    """Format, record and usage of an answer, or the reason why there is none."""
    uri = interaction["request"]["uri"]
    path = re.split("[?#]", uri)[0]
    if "bedrock-runtime" in uri:
        return bedrock(interaction, number)
    if "api.anthropic.com" in uri and path.endswith("/v1/messages"):
        form = "anthropic_message"
    elif "generativelanguage" in uri or "aiplatform" in uri:
        form = "gemini"
    elif re.search(r"/(chat/completions|completions|responses|embeddings)$", path) and package in SPEAKS_OPENAI:
        form = SPEAKS_OPENAI[package]
    else:
        return f"no format: {package}"
    body = whole(text_of(interaction["response"]))
    return (form, body, body.get("usage") or body.get("usageMetadata")) if isinstance(body, dict) else "no JSON"


SPEAKS_OPENAI = {
    "openai": "openai_response", "groq": "openai_response", "together": "openai_response", "mistralai": "mistral"
}


def counts_of(usage):
    """Inclusive counts of a usage object, read by its provider's own description; null where it does not state one."""
    if not usage:
        return UNKNOWN

    def inner(part, name):
        return (usage.get(part) or {}).get(name)

    if "promptTokenCount" in usage:
        output = usage["totalTokenCount"] - usage["promptTokenCount"]
        kinds = usage.get("cachedContentTokenCount") or 0, 0, output, usage.get("thoughtsTokenCount")
        return dict(zip(COLUMNS, (usage["promptTokenCount"], *kinds)))
    if "prompt_tokens" in usage:
        output = usage.get("completion_tokens")
        if output is not None:
            output = max(output, usage.get("total_tokens", 0) - usage["prompt_tokens"])
        kinds = inner("prompt_tokens_details", "cached_tokens") or 0, 0, output
        return dict(zip(COLUMNS, (usage["prompt_tokens"], *kinds, inner("completion_tokens_details", "reasoning_tokens"))))
    if "input_tokens_details" in usage:
        kinds = inner("input_tokens_details", "cached_tokens") or 0, 0, usage["output_tokens"]
        return dict(zip(COLUMNS, (usage["input_tokens"], *kinds, inner("output_tokens_details", "reasoning_tokens"))))
    # Anthropic's and Bedrock's: cached input stands beside the input.
    names = ("inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens", "outputTokens")
    if "inputTokens" not in usage:
        names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
    plain, read, write = (usage.get(name) or 0 for name in names[:3])
    reasoning = inner("output_tokens_details", "thinking_tokens")
    return dict(zip(COLUMNS, (plain + read + write, read, write, usage.get(names[3]), reasoning)))


def set_apart(record, number):
    """One answer stands in several recordings, and each is to be read: its ids get the number of the call."""
    answer = record.get("output") or {}
    body = answer.get("outputBodyJson") if isinstance(answer, dict) else None
    for part in [record, *(body if isinstance(body, list) else [body])]:
        for holder in (part, part.get("message")) if isinstance(part, dict) else ():
            for key in ("id", "responseId"):
                if isinstance(holder, dict) and isinstance(holder.get(key), str):
                    holder[key] += f"~{number}"


def call(*arguments):
    said = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True)
    if said.returncode:
        sys.exit(f"{arguments}: {said.stderr}")
    return said.stdout


def run(trimtab, place, records):
    """Rows, coverage and rejected lines of all records, a source per format."""
    # Recorded over years.
    text = f'date = "{RUN_DATE}"\nstate = "out/state/"\noutput = "out/"\n'
    text += "[retention]\nrequests_days = 36500\ndaily_months = 1200\nevaluations_months = 1200\n"
    for form, calls in records.items():
        path = place / form / ("2026/09/21/12/calls.json" if form == "bedrock" else "calls.jsonl")
        path.parent.mkdir(parents=True)
        path.write_text("".join(json.dumps(record) + "\n" for record, *_ in calls))
        text += f'[[sources]]\nname = "{form}"\nformat = "{form}"\nurl = "{form}/"\n'
    config = place / "trimtab.toml"
    config.write_text(text)
    call(trimtab, "run", "--quiet", "--config", config)

    def ask(select):
        return list(csv.DictReader(io.StringIO(call(trimtab, "sql", select, "--format", "csv", "--config", config))))

    columns = ", ".join(f"{sql} as {name}" for name, sql in COLUMNS.items())
    rows = ask(f"select x_source, x_line, x_status, {columns} from requests order by x_source, x_line")
    coverage = ask("select * from coverage where event_date is null order by source")
    return rows, coverage, ask("select source, line, path, reason from quarantine")


def main():
    trimtab, data, place = (Path(argument).resolve() for argument in sys.argv[1:4])
    records, left_out, faults = defaultdict(list), Counter(), []
    for number, (package, name, interaction) in enumerate(recordings(data / "cassettes.tar.xz")):
        found = record_of(package, interaction, number)
        if isinstance(found, str):
            left_out[found] += 1
            continue
        form, record, usage = found
        set_apart(record, number)
        records[form].append((record, usage, name))
    rows, coverage, rejected = run(trimtab, place, records)
    faults += [f"rejected: {line}: {records[line['source']][int(line['line']) - 1]}" for line in rejected]
    figures = defaultdict(Counter)
    for row in rows:
        form = row["x_source"]
        record, usage, name = records[form][int(row["x_line"]) - 1]
        figures[form]["without usage"] += usage is None
        figures[form][row["x_status"]] += 1
        for column, wanted in counts_of(usage).items():
            ours = int(row[column]) if row[column] else None
            if wanted is None and usage and form == "bedrock":
                continue  # the headers state what the body leaves out
            figures[form]["values"] += wanted is not None
            if ours != wanted and not (column == "reasoning" and not ours and not wanted):
                faults.append(f"{form} {name}: {column} {ours} for {wanted}: {usage}")
    for line in coverage:
        form, found = line["source"], figures[line["source"]]
        print(
            f"{form}: {len(records[form])} answers, {line['rows_kept']} rows, {line['rows_repeated']} repeated, "
            f"{line['records_rejected']} + {line['rows_rejected']} rejected, {line['records_skipped']} skipped, "
            f"{found['error']} errors, {found['without usage']} without usage, {found['values']} values equal"
        )
    for reason, count in sorted(left_out.items()):
        print(f"left out {count}: {reason}")
    if faults:
        sys.exit("\n".join(faults))


main()
