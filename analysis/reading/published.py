"""What others published: figures of other machines, each with its source."""

from __future__ import annotations

import re
from importlib import resources

import pandas as pd

FILE = "published.csv"
NUMBER = r"\d+(?:\.\d+)?"
SPAN = re.compile(rf"({NUMBER})(?:-({NUMBER}))?")
# In seconds; cycles stay cycles, and are never turned into time.
TIMES = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
PER = re.compile(r"(ns|us|ms|s)(/(call|transition))?")


def published() -> pd.DataFrame:
    """Return a row per published figure.

    ========= =====================================================================
    operation what was measured, in the source's words
    value     as printed: a number, a range, or two figures
    unit      of value
    cpu       and `kernel`: what it was measured on, as far as the source says
    condition under which
    source    authors, title, venue, year
    short     the same as a chart has it
    locator   where in it
    status    verified: seen in the source; secondary: seen in notes of others on the source
    case      the case of pkbench that comes nearest; "" for none
    low, high the figure, or the ends of its range; missing where it is something else
    quantity  s (low and high are seconds), cycles, or "" for what is no cost of an operation
    ========= =====================================================================
    """
    text = resources.files(__package__).joinpath(FILE)
    with text.open(encoding="utf-8") as file:
        rows = pd.read_csv(file, dtype=str, keep_default_na=False)
    ends = [_ends(value, unit) for value, unit in zip(rows["value"], rows["unit"], strict=True)]
    told = pd.DataFrame(ends, columns=["low", "high", "quantity"], index=rows.index)
    return rows.join(told)


def _ends(value: str, unit: str) -> tuple[float, float, str]:
    """Return a figure's ends and what it is a figure of."""
    found, time = SPAN.fullmatch(value), PER.fullmatch(unit)
    if found and (time or re.match(r"cycles\b", unit)):
        low, high = float(found[1]), float(found[2] or found[1])
        size = TIMES[time[1]] if time else 1.0
        return low * size, high * size, "s" if time else "cycles"
    return float("nan"), float("nan"), ""
