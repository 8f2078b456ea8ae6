"""Published figures of other machines, each with its source."""

from __future__ import annotations

import re
from importlib import resources

import pandas as pd

FILE = "published.csv"
NUMBER = r"\d+(?:\.\d+)?"
SPAN = re.compile(rf"({NUMBER})(?:-({NUMBER}))?")
# In seconds. Cycles stay cycles: the clock frequency of the published machine is mostly unknown.
TIMES = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
PER = re.compile(r"(ns|us|ms|s)(/(call|transition))?")


def published() -> pd.DataFrame:
    """Return a row per published figure of `published.csv`.

    ========= =====================================================================
    operation what was measured, in the source's words
    value     as printed: a number, a range, or two figures
    unit      the unit of value, as printed
    cpu       the CPU it was measured on; "" where the source does not say
    kernel    the kernel it was measured on; "" likewise
    condition under which condition; "" likewise
    source    authors, title, venue, year
    short     the source as a chart names it
    locator   the place in the source
    status    verified: seen in the source; secondary: seen in notes on the source
    compared  the case of pkbench that it is compared with, or a combination of cases as a formula
              such as `(a + b) / 2` or `a + 2 b`; "" for none
    reason    why it is compared with no case; "" where it is
    low       the figure, or the lower end of its range, in `quantity`; missing where value is not a
              cost of an operation
    high      the upper end likewise; equal to low for a single figure
    quantity  s (low and high are seconds), cycles, or "" where value is not a cost of an operation
    ========= =====================================================================
    """
    text = resources.files(__package__).joinpath(FILE)
    with text.open(encoding="utf-8") as file:
        rows = pd.read_csv(file, dtype=str, keep_default_na=False)
    ends = [_ends(value, unit) for value, unit in zip(rows["value"], rows["unit"], strict=True)]
    return rows.join(pd.DataFrame(ends, columns=["low", "high", "quantity"], index=rows.index))


def _ends(value: str, unit: str) -> tuple[float, float, str]:
    """Return the ends of a figure's range, and their quantity."""
    found, time = SPAN.fullmatch(value), PER.fullmatch(unit)
    if found and (time or re.match(r"cycles\b", unit)):
        low, high = float(found[1]), float(found[2] or found[1])
        size = TIMES[time[1]] if time else 1.0
        return low * size, high * size, "s" if time else "cycles"
    return float("nan"), float("nan"), ""
