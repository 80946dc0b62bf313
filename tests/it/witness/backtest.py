"""The pairs of the back-test, computed again from the data's own file: argument 1 is its folder. Prints one line a pair."""

import csv
import hashlib
import math
import sys
from collections import defaultdict

import duckdb

FOLDER, MARGIN, Z = sys.argv[1], 0.05, 1.6448536269514722
rows = csv.DictReader(open(f"{FOLDER}/prices.csv", encoding="utf-8"))
prices = {row["model"]: (float(row["input_usd_per_mtok"]), float(row["output_usd_per_mtok"])) for row in rows}
items = defaultdict(dict)
for model, question, category, right, tokens_in, tokens_out in duckdb.sql(
    f"select model, question_id, category, coalesce(correct, false), prompt_tokens, output_tokens from '{FOLDER}/results.parquet'"
).fetchall():
    if model in prices:
        cost = (tokens_in * prices[model][0] + tokens_out * prices[model][1]) / 1e6
        items[category, question][model] = (right, cost)
folds = {key: int(hashlib.sha256(str(key[1]).encode()).hexdigest(), 16) % 5 for key in items}


def tango(b, c, n):
    """The score statistic of a loss of MARGIN."""
    q2 = -b - c + (2 * n - b + c) * MARGIN
    q = (math.sqrt(q2 * q2 + 8 * n * c * MARGIN * (1 - MARGIN)) - q2) / (4 * n)
    return (b - c - n * MARGIN) / math.sqrt(n * (2 * q + MARGIN * (1 - MARGIN)))


for in_use in sorted(prices):
    for candidate in sorted(prices):
        if in_use == candidate:
            continue
        cells = defaultdict(lambda: [0, 0, 0, 0.0, 0])
        for key, answers in items.items():
            cell = cells[key[0], folds[key]]
            if in_use in answers:
                cell[4] += answers[in_use][0]
            if in_use in answers and candidate in answers:
                (ours, paid), (theirs, price) = answers[in_use], answers[candidate]
                cell[0] += 1
                cell[1] += ours and not theirs
                cell[2] += theirs and not ours
                cell[3] += paid - price
        moves = false = confirmed = 0
        right_saving = oracle = 0.0
        for category in {key[0] for key in cells}:
            for fold in range(5):
                others = [cells[category, other] for other in range(5) if other != fold]
                n, b, c, saving = (sum(cell[at] for cell in others) for at in range(4))
                test_n, test_b, test_c, test_saving, _ = cells[category, fold]
                within = test_c - test_b >= -MARGIN * test_n
                # A model that answers no better than one guess in ten was measured wrongly, or is no model to start from.
                shown = sum(
                    answers[in_use][0]
                    for key, answers in items.items()
                    if key[0] == category and folds[key] != fold and in_use in answers and candidate in answers
                ) > 0.10 * n
                if within:
                    oracle += max(test_saving, 0.0)
                if tango(b, c, n) < -Z and saving > 0 and n >= 50 and shown:
                    moves += 1
                    false += not within
                    confirmed += tango(test_b, test_c, test_n) > Z
                    right_saving += test_saving if within else 0.0
        if oracle > 0.0000005 or moves:
            captured = f"{right_saving / oracle:.4f}" if oracle > 0 else ""
            print(f"{in_use},{candidate},{moves},{false},{confirmed},{captured}")
