"""Holds published FOCUS files to an outside toolkit, and shows that it would notice: each mutated file must be rejected.

Arguments: the 1.2 file, the 1.4 file, a scratch folder. Prints how many mutations were rejected; fails on anything else."""
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from mutated import mutations, usage, with_cell

old, new, scratch = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])


def toolkit(*arguments):
    said = subprocess.run(["focus-toolkit", *map(str, arguments)], capture_output=True, text=True)
    return said.returncode, said.stdout + said.stderr


code, text = toolkit("validate", new)
if code != 0 or "STRUCTURAL_VALID, SEMANTIC_VALID" not in text:
    sys.exit(f"the 1.4 file is not valid: exit {code}\n{text}")
code, text = toolkit("convert", "--cost-and-usage", old, "--out", scratch / "converted", "--source-version", "1.2")
if code not in (0, 3) or "lint OK" not in text:
    sys.exit(f"the 1.2 file does not convert: exit {code}\n{text}")

table = pq.read_table(new)
cost = table["ListCost"][usage(table)].as_py()
broken = mutations(table) | {"a price that is not its cost": with_cell(table, "ListCost", cost + Decimal(1))}
unnoticed = []
for name, mutated in broken.items():
    path = scratch / "mutated.parquet"
    pq.write_table(mutated, path)
    if toolkit("validate", path)[0] == 0:
        unnoticed.append(name)
if unnoticed:
    sys.exit(f"the toolkit accepts: {', '.join(unnoticed)}")

# What it does not know: unit price times quantity is the cost to the last digit, and both versions hold the same money.
for row in table.select(["ListUnitPrice", "PricingQuantity", "ListCost", "ConsumedQuantity"]).to_pylist():
    if row["ListUnitPrice"] is not None:
        assert row["ListUnitPrice"] * row["PricingQuantity"] == row["ListCost"], row
        assert row["PricingQuantity"] * 1_000_000 == row["ConsumedQuantity"], row
assert pc.sum(table["BilledCost"]) == pc.sum(pq.read_table(old)["BilledCost"])
print(len(broken))
