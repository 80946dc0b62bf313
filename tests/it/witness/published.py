"""Opens everything that a run published with DuckDB and holds it to the summary. Arguments: the output folder.

Fails with a line per fault. Shares no code with trimtab."""
import glob
import json
import os
import re
import sys

import duckdb

out = sys.argv[1]
db = duckdb.connect()
db.sql("set timezone = 'UTC'")
faults = []
PLAIN = re.compile(
    r"BIGINT|DATE|TIMESTAMP WITH TIME ZONE|DECIMAL\((\d+),\d+\)|VARCHAR(\[\])?|BOOLEAN|DOUBLE"
)

(manifest_path,) = glob.glob(f"{out}/manifest/run_date=*/manifest.json")
manifest = json.load(open(manifest_path))
if manifest["status"] != "complete":
    faults.append(f"manifest says {manifest['status']}")
date = manifest["run_date"]

marts = {}
for published in manifest["objects"]:
    if not os.path.isfile(f"{out}/{published['key']}"):
        faults.append(f"{published['key']} is in the manifest and not in the output")
    elif published["key"].endswith(".parquet"):
        marts[published["key"].split("/")[0]] = f"{out}/{published['key']}"
on_disk = {path.split("/run_date=")[0].split("/")[-1] for path in glob.glob(f"{out}/*/run_date=*/*.parquet")}
if on_disk - {"state"} != set(marts):
    faults.append(f"published {sorted(marts)}, found {sorted(on_disk)}")

for name, path in sorted(marts.items()):
    source = f"read_parquet('{path}', hive_partitioning = false)"
    for column, kind, *_ in db.sql(f"describe select * from {source}").fetchall():
        if not PLAIN.fullmatch(kind):
            faults.append(f"{name}.{column} is {kind}")
        if column.endswith(("_usd", "_cost")) and not kind.startswith("DECIMAL("):
            faults.append(f"{name}.{column} is money and {kind}")
    # The hash makes DuckDB read every value, not the footer only.
    (rows, _), = db.sql(f"select count(*), bit_xor(hash(mart)) from {source} as mart").fetchall()
    if rows != manifest["built_from"]["rows"][name]:
        faults.append(f"{name} has {rows} rows, the manifest says {manifest['built_from']['rows'][name]}")


def text(sql):
    return db.sql(sql).fetchall()[0][0]


def mart(name):
    return f"read_parquet('{marts[name]}', hive_partitioning = false)"


window = f"event_date >= (select window_from from {mart('headline')}) and event_date < date '{date}'"
by_model = text(f"select sum(cost_usd)::varchar from {mart('spend_by_model')} where {window}")
headline = text(f"select spend_window_usd::varchar from {mart('headline')}")
workloads = text(f"select sum(cost_usd)::varchar from {mart('workloads')}")
page = json.load(open(f"{out}/summary/run_date={date}/summary.json"))["headline"]["spend_window_usd"]
if not by_model == headline == workloads == page:
    faults.append(f"spend: spend_by_model {by_model}, headline {headline}, workloads {workloads}, summary.json {page}")
if float(page) <= 0:
    faults.append(f"spend of {page} proves nothing")

counted = text(f"select sum(requests)::bigint from {mart('spend_by_model')} where {window}")
stated = text(f"select requests from {mart('headline')}")
if counted != stated:
    faults.append(f"requests: spend_by_model {counted}, headline {stated}")

if faults:
    sys.exit("\n".join(faults))
print(f"{len(marts)} files open; spend of the window: {page}")
