"""Numbers and names as a reader sees them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from .interval import ENOUGH_PROCESSES, Interval

BELOW_RESOLUTION = "below resolution"
TIME_UNITS = ((1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s"))

# What a benchmark's name says in a sentence; others are called by their names.
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
    """Return a number with that many significant digits and thousands separators."""
    if number == 0:
        return "0"
    if not math.isfinite(number) or not 1e-6 <= abs(number) < 1e15:
        return f"{number:.{digits}g}"
    rounded = round(number, digits - 1 - math.floor(math.log10(abs(number))))
    places = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{places}f}"


def time_unit(seconds: float) -> tuple[float, str]:
    """Return the unit that gives a time at least one digit before the point."""
    # 0.9995 of a unit would be rounded up to a whole one.
    fitting = [unit for unit in TIME_UNITS if abs(seconds) >= unit[0] * 0.9995]
    return fitting[-1] if fitting else TIME_UNITS[0]


def seconds(value: float) -> str:
    """Return a time in its own unit."""
    size, unit = time_unit(value)
    return f"{figures(value / size)} {unit}"


def instructions(value: float) -> str:
    """Return a number of instructions: whole where it is whole, else to a hundredth."""
    whole = math.isclose(value, round(value), abs_tol=0.005)
    return f"{value:,.0f}" if whole else f"{value:,.2f}"


def cycles(value: float, low: float, high: float) -> str:
    """Return a number of core cycles with its interval, nothing where they can't be told."""
    if pd.isna(value):
        return ""
    interval = "" if pd.isna(low) else f" [{figures(low)}, {figures(high)}]"
    return f"{figures(value)}{interval}"


def counts(numbers: Mapping[str, float]) -> str:
    """Return what else an operation costs, as in `0.5 evictions`."""
    return ", ".join(f"{figures(number)} {what}" for what, number in numbers.items())


def cost(value: float, unit: str) -> str:
    """Return a figure of any unit."""
    if pd.isna(value):
        return ""
    if unit in ("cycles", "ratio"):
        return f"{figures(value)}{' cycles' if unit == 'cycles' else '×'}"
    return instructions(value) if unit == "instructions" else seconds(value)


def bounds(low: float, high: float, unit: str) -> str:
    """Return an interval's bounds, nothing where there is no interval."""
    if pd.isna(low) or pd.isna(high) or unit == "instructions":
        return ""
    size, name = time_unit(max(abs(low), abs(high)))
    return f"{figures(low / size)} to {figures(high / size)} {name}"


def interval_name(processes: int | None) -> str:
    """Return what an interval from that many processes may be called."""
    if processes is None or processes >= ENOUGH_PROCESSES:
        return "95 % interval"
    return f"range over {processes} processes"


def within(low: float, high: float, unit: str, processes: int) -> str:
    """Return an interval as a sentence has it, nothing where there is none."""
    text = bounds(low, high, unit)
    return f" ({interval_name(processes)} {text})" if text else ""


def own_cost(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return a case's figure and its bounds: from the slope where there is one, else as measured.

    `row` is of `estimate.estimates`.
    """
    if row["slope"] and pd.notna(row["net"]):
        return net(row), net_bounds(row)
    return cost(row["gross"], row["unit"]), bounds(row["low"], row["high"], row["unit"])


def net(row: Mapping[str, Any]) -> str:
    """Return a case's figure without its floor; what can't be told from nothing says so.

    `row` is of `estimate.estimates`.
    """
    if pd.isna(row["net"]):
        return ""
    return cost(row["net"], row["unit"]) if row["resolved"] else BELOW_RESOLUTION


def net_bounds(row: Mapping[str, Any]) -> str:
    """Return the bounds of that figure; of what can't be told from nothing, what it is at most."""
    low, high, unit = row["net_low"], row["net_high"], row["unit"]
    if row["resolved"]:
        return bounds(low, high, unit)
    told = pd.notna(high) and high > 0 and unit != "instructions"
    return f"up to {cost(high, unit)}" if told else ""


def net_cycles(row: Mapping[str, Any]) -> str:
    """Return that figure in core cycles with its interval, nothing where there is none to print."""
    if not (row["resolved"] and row["net_cycles_low"] > 0):
        return ""
    return cycles(row["net_cycles"], row["net_cycles_low"], row["net_cycles_high"])


def times(ratio: Interval) -> str:
    """Return a ratio in words, with its interval where it has one."""
    text = figures(ratio.value)
    if ratio.low is None or ratio.high is None or ratio.low == ratio.high:
        return text
    return f"{text} [{figures(ratio.low)}, {figures(ratio.high)}]"


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(items: list[str]) -> str:
    """Join words as a sentence does."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def way(benchmark: str) -> str:
    """Return what a sentence calls a benchmark of the switch family."""
    return WAYS.get(benchmark, benchmark)


def memory(size: float) -> str:
    """Return a size in bytes with a binary unit."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{figures(size)} {unit}"
        size /= 1024
    return f"{figures(size)} TiB"
