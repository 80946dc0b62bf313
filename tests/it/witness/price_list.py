"""Multiplies the prices of a public list and looks each imported row up in it: price_list.py LIST ROWS.

A row is looked up by every name that the catalog has of its model. Prints how many rows were compared and how many
have a price that no entry of the list gives for the bucket.
"""

import csv
import gzip
import json
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

BUCKETS = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write_5m",
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write_5m",
}


def prices_of(text):
    """Prices by (end of the model's id, bucket), for the base band of the standard tier."""
    found = defaultdict(set)
    parsed = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    if isinstance(parsed, dict):
        for name, entry in parsed.items():
            for key, bucket in BUCKETS.items():
                if key in entry:
                    found[name.split("/")[-1], bucket].add(Decimal(entry[key]) * 1_000_000)
        return found
    for provider in parsed:
        for model in provider["models"]:
            listed = model["prices"]
            for part in listed if isinstance(listed, list) else [{"prices": listed}]:
                for key, price in part["prices"].items():
                    if key in BUCKETS:
                        base = price["base"] if isinstance(price, dict) else price
                        found[model["id"].split("/")[-1], BUCKETS[key]].add(Decimal(base))
    return found


with gzip.open(sys.argv[1], "rt", encoding="utf-8") as file:
    theirs = prices_of(file.read())
names = defaultdict(set)
with open(Path(__file__).parents[3] / "queries/seeds/model_names.csv", newline="", encoding="utf-8") as file:
    for row in csv.DictReader(file):
        names[row["provider"], row["model_id"]].add(row["name"].split("/")[-1])
compared = differing = 0
with open(sys.argv[2], newline="", encoding="utf-8") as file:
    for row in csv.DictReader(file):
        if row["service_tier"] != "standard" or row["above_prompt_tokens"] != "0":
            continue
        if row["bucket"] not in BUCKETS.values():
            continue
        known = set()
        for name in names[row["provider"], row["model_id"]] | {row["model_id"].split("/")[-1]}:
            for prefix in ("", "us.", "eu.", "apac.", "global.", "jp.", "au."):
                known |= theirs.get((prefix + name, row["bucket"]), set())
        rounded = {price.quantize(Decimal("0.000001")) for price in known}
        compared += 1
        differing += Decimal(row["usd_per_mtok"]).quantize(Decimal("0.000001")) not in rounded
print(compared, differing)
