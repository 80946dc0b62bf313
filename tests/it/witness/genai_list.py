"""What the price list of pydantic/genai-prices says of a model on one day: its entry, its prices, what counts cost.

Written from the list's own description, and independent of the program's import of it.
"""

import re
from collections import defaultdict
from datetime import datetime, timezone
from decimal import Decimal

# The list is of this day.
NOON = datetime(2026, 8, 21, 12, tzinfo=timezone.utc)
MILLION = Decimal(1_000_000)


def rule_holds(rule, name):
    """Whether a name is one that a rule of the list takes in."""
    (kind, value), = rule.items()
    if kind in ("or", "and"):
        return (any if kind == "or" else all)(rule_holds(part, name) for part in value)
    if kind == "regex":
        return re.search(value, name) is not None
    return {
        "equals": name == value,
        "starts_with": name.startswith(value),
        "ends_with": name.endswith(value),
        "contains": value in name,
    }[kind]


def entry_of(prices, provider, model):
    """The list's entry for a name."""
    for listed in prices:
        if listed["id"] == provider:
            for entry in listed["models"]:
                if rule_holds(entry["match"], model.lower()):
                    return entry
    return None


def prices_in_force(entry):
    """An entry's prices at the hour of the calls."""
    stated = entry["prices"]
    parts = stated if isinstance(stated, list) else [{"prices": stated}]
    return [part for part in parts if is_in_force(part.get("constraint"))][-1]["prices"]


def is_in_force(constraint):
    """Whether prices hold at that hour; the last ones that do are taken."""
    if constraint is None:
        return True
    if "start_date" in constraint:
        return constraint["start_date"] <= NOON.date().isoformat()
    return constraint["start_time"] <= NOON.strftime("%H:%M:%SZ") < constraint["end_time"]


def cost_by_list(stated, usage):
    """What an entry's prices make of counts; a kind without a price of its own costs what the kind above it does."""

    def price(*names):
        found = next((stated[name] for name in names if name in stated), 0)
        if isinstance(found, dict):
            reached = [tier["price"] for tier in found["tiers"] if usage["input_tokens"] > tier["start"]]
            found = reached[-1] if reached else found["base"]
        return found

    count = defaultdict(int, usage)
    cached_audio = count["cache_audio_read_tokens"] if "cache_audio_read_mtok" in stated else 0
    audio = count["input_audio_tokens"] - cached_audio if "input_audio_mtok" in stated else 0
    plain = count["input_tokens"] - count["cache_read_tokens"] - count["cache_write_tokens"] - audio
    spoken = count["output_audio_tokens"]
    return (
        plain * price("input_mtok")
        + audio * price("input_audio_mtok")
        + (count["cache_read_tokens"] - cached_audio) * price("cache_read_mtok", "input_mtok")
        + cached_audio * price("cache_audio_read_mtok")
        + count["cache_write_tokens"] * price("cache_write_mtok", "input_mtok")
        + (count["output_tokens"] - spoken) * price("output_mtok")
        + spoken * price("output_audio_mtok", "output_mtok")
    ) / MILLION
