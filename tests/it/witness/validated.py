"""Holds a published FOCUS 1.2 file to the FinOps Foundation's validator, and shows that it would notice mutated ones.

Arguments: the file, a scratch folder. Prints rules that passed in the file, and how many mutations were rejected. The
program ends with 0 whatever it finds, so its words are read: the line of totals and the rules that failed."""
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import focus_validator
import pyarrow.parquet as pq

from mutated import mutations

file, scratch = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
# What the data is: one currency, accounts with sub accounts and names, unit prices, negotiated or not, tags.
CRITERIA = ",".join(
    f"{name}_SUPPORTED"
    for name in (
        "ACCOUNT_NAMING MULTIPLE_PRICING_CATEGORIES MULTIPLE_SUB_ACCOUNT_TYPES MULTIPLE_BILLING_ACCOUNT_TYPES "
        "NEGOTIATED_PRICING PUBLIC_PRICE_LIST USAGE_MEASUREMENT UNIT_PRICING SUB_ACCOUNT TAGGING"
    ).split()
)
# Two rules contradict each other: one wants an InvoiceId on each line, the other on none. One of them always fails.
DEFECTS = {"InvoiceId-C-004-C", "InvoiceId-C-005-C"}


def failed(path):
    """Rules that passed, and those that failed; a run that did not get to the end fails the script."""
    said = subprocess.run(
        [sys.executable, "-c", "from focus_validator.main import main; main()", "--data-file", path,
         "--validate-version", "1.2.0.1", "--block-download", "--applicability-criteria", CRITERIA,
         "--output-type", "console"],
        capture_output=True, text=True,
        # It opens its lists by paths relative to where it is installed.
        cwd=Path(focus_validator.__file__).parent.parent,
    )
    text = said.stdout + said.stderr
    totals = re.search(r"Total: (\d+) \| Pass: (\d+) \| Fail: (\d+) \| Skipped: (\d+)", text)
    if not totals:
        sys.exit(f"{path.name}: no line of totals\n{text[-2000:]}")
    rules, passed, fails = (int(number) for number in totals.groups()[:3])
    names = set(re.findall(r"^\W*([A-Za-z]+-[A-Z]-\d{3}-[A-Z]): FAIL", text, re.M))
    if rules < 500 or len(names) != fails:
        sys.exit(f"{path.name}: {rules} rules, {fails} failed, {len(names)} of them named\n{text[-2000:]}")
    return passed, names - DEFECTS


# A price that is not its cost is not among them: this program does not multiply.
broken = mutations(pq.read_table(file))
paths = [file]
for number, mutated in enumerate(broken.values()):
    paths.append(scratch / f"mutated_{number}.parquet")
    pq.write_table(mutated, paths[-1])
with ThreadPoolExecutor(2) as pool:
    (passed, wrong), *others = pool.map(failed, paths)
if wrong:
    sys.exit(f"the file breaks {', '.join(sorted(wrong))}")
unnoticed = [name for name, (_, names) in zip(broken, others) if not names]
if unnoticed:
    sys.exit(f"the validator accepts: {', '.join(unnoticed)}")
print(passed, len(others))
