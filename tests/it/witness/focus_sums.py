"""Adds up FOCUS tables with Python alone: focus_sums.py FOLDER.

Prints rows, BilledCost and EffectiveCost by month of ChargePeriodStart in UTC and by ChargeCategory, then a line for
each record that no day can be told of. Amounts are exact: each is taken at twelve decimals, half away from zero. Tables
without a ChargeCategory hold commitments, not charges, and are passed over.
"""

import csv
import re
import sys
from collections import defaultdict
from datetime import datetime, timezone
from decimal import ROUND_HALF_UP, Decimal, getcontext
from pathlib import Path

getcontext().prec = 80
# A date, or a date and a time to the second or finer, with or without a zone. `4/1/25` may mean two days, so it means none.
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?)?")


def amount(text):
    """An amount at scale 12; an absent one, which AWS writes as NULL, is none."""
    if text is None or text.strip() in ("", "NULL"):
        return None
    return Decimal(text.strip()).quantize(Decimal("1e-12"), rounding=ROUND_HALF_UP)


def month(text):
    if not INSTANT.fullmatch(text or ""):
        return None
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (at if at.tzinfo else at.replace(tzinfo=timezone.utc)).astimezone(timezone.utc).strftime("%Y-%m")


sums, rejected = defaultdict(lambda: [0, Decimal(0), Decimal(0)]), []
for path in sorted(Path(sys.argv[1]).rglob("*.csv")):
    with open(path, encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file)
        if "ChargeCategory" not in table.fieldnames:
            continue
        for line, record in enumerate(table, 1):
            day = month(record["ChargePeriodStart"])
            if day is None:
                rejected.append(f"{path.name} {line}")
                continue
            total = sums[day, record["ChargeCategory"]]
            total[0] += 1
            total[1] += amount(record["BilledCost"])
            total[2] += amount(record["EffectiveCost"]) or 0
for (day, category), (rows, billed, effective) in sorted(sums.items()):
    print(f"{day} {category} {rows} {billed:.12f} {effective:.12f}")
for record in sorted(rejected):
    print(f"rejected {record}")
