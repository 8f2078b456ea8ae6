"""Numbers, units and names as text for a reader."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from .interval import Interval

BELOW_RESOLUTION = "below resolution"
TIME_UNITS = ((1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s"))

# What a sentence calls a benchmark of the switch family. Others go by their own names.
WAYS = {
    "double-mapping": "a second mapping",
    "futex-thread": "another thread, by futex",
    "pipe-process": "another process, by pipe",
    "wrpkru-raw": "WRPKRU",
    "wrpkru-inline": "WRPKRU (read, modify, write)",
    "wrpkru-glibc": "glibc's pkey_set",
    "pkey-mprotect": "pkey_mprotect",
    "mprotect": "mprotect",
}


def figures(number: float, digits: int = 3) -> str:
    """Return a number with `digits` significant digits and thousands separators."""
    if number == 0:
        return "0"
    if not math.isfinite(number) or not 1e-6 <= abs(number) < 1e15:
        return f"{number:.{digits}g}"
    rounded = round(number, digits - 1 - math.floor(math.log10(abs(number))))
    places = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{places}f}"


def time_unit(seconds: float) -> tuple[float, str]:
    """Return the largest unit of which a time in seconds is at least 1: its size and its name."""
    # 0.9995 of a unit rounds to 1.00.
    fitting = [unit for unit in TIME_UNITS if abs(seconds) >= unit[0] * 0.9995]
    return fitting[-1] if fitting else TIME_UNITS[0]


def seconds(value: float) -> str:
    """Return a time in seconds with the unit that suits it."""
    size, unit = time_unit(value)
    return f"{figures(value / size)} {unit}"


def instructions(value: float) -> str:
    """Return a number of instructions: without decimals where it is whole, else with two."""
    whole = math.isclose(value, round(value), abs_tol=0.005)
    return f"{value:,.0f}" if whole else f"{value:,.2f}"


def cycles(value: float, low: float, high: float) -> str:
    """Return a number of core cycles with its interval; "" for NaN."""
    if pd.isna(value):
        return ""
    interval = "" if pd.isna(low) else f" [{figures(low)}, {figures(high)}]"
    return f"{figures(value)}{interval}"


def counts(numbers: Mapping[str, float]) -> str:
    """Return named numbers per operation as text, such as `0.5 evictions`."""
    return ", ".join(f"{figures(number)} {what}" for what, number in numbers.items())


def cost(value: float, unit: str) -> str:
    """Return a cost in s, instructions, cycles or ratio as text; "" for NaN."""
    if pd.isna(value):
        return ""
    if unit in ("cycles", "ratio"):
        return f"{figures(value)}{' cycles' if unit == 'cycles' else '×'}"
    return instructions(value) if unit == "instructions" else seconds(value)


def bounds(low: float, high: float, unit: str) -> str:
    """Return an interval's bounds in s as text; "" where there is none, as for instructions."""
    if pd.isna(low) or pd.isna(high) or unit == "instructions":
        return ""
    size, name = time_unit(max(abs(low), abs(high)))
    return f"{figures(low / size)} to {figures(high / size)} {name}"


def within(low: float, high: float, unit: str) -> str:
    """Return an interval in parentheses, for a sentence; "" where there is none."""
    text = bounds(low, high, unit)
    return f" (95 % interval {text})" if text else ""


def own_cost(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return a case's own cost and its bounds as text: its slope, or else its cost as measured.

    `row` is one of `estimate.estimates`.
    """
    if row["slope"] and pd.notna(row["net"]):
        return net(row), net_bounds(row)
    return cost(row["gross"], row["unit"]), bounds(row["low"], row["high"], row["unit"])


def net(row: Mapping[str, Any]) -> str:
    """Return a case's net cost as text, or BELOW_RESOLUTION; "" where there is none.

    `row` is one of `estimate.estimates`.
    """
    if pd.isna(row["net"]):
        return ""
    return cost(row["net"], row["unit"]) if row["resolved"] else BELOW_RESOLUTION


def net_bounds(row: Mapping[str, Any]) -> str:
    """Return the bounds of the net cost; below resolution, only its upper bound; "" for none."""
    low, high, unit = row["net_low"], row["net_high"], row["unit"]
    if row["resolved"]:
        return bounds(low, high, unit)
    bounded = pd.notna(high) and high > 0 and unit != "instructions"
    return f"up to {cost(high, unit)}" if bounded else ""


def net_cycles(row: Mapping[str, Any]) -> str:
    """Return the net cost in core cycles with its interval; "" where it is below resolution."""
    if not (row["resolved"] and row["net_cycles_low"] > 0):
        return ""
    return cycles(row["net_cycles"], row["net_cycles_low"], row["net_cycles_high"])


def times(ratio: Interval) -> str:
    """Return a ratio as text, with its interval in brackets where it has one."""
    text = figures(ratio.value)
    if ratio.bounds is None or ratio.bounds[0] == ratio.bounds[1]:
        return text
    low, high = map(figures, ratio.bounds)
    return f"{text} [{low}, {high}]"


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun; the plural is `many`, or `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(items: list[str]) -> str:
    """Join words with commas and a final "and"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def way(benchmark: str) -> str:
    """Return what a sentence calls a benchmark of the switch family."""
    return WAYS.get(benchmark, benchmark)


def memory(size: float) -> str:
    """Return a size in bytes as text, with the binary unit that suits it."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{figures(size)} {unit}"
        size /= 1024
    return f"{figures(size)} TiB"
