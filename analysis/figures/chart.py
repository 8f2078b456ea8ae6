"""A chart with all that goes with it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from ..estimate import ENOUGH_PROCESSES, RESAMPLES
from ..words import count


@dataclass(frozen=True)
class Chart:
    """A figure, the tidy table behind it and what is said about it."""

    name: str
    title: str
    figure: Figure
    table: pd.DataFrame
    caption: str
    alt: str


@dataclass(frozen=True)
class Missing:
    """A figure that can't be drawn, and why."""

    name: str
    title: str
    reason: str


def quantity(table: pd.DataFrame) -> str:
    """Return what the value axis shows, without its unit."""
    return "instructions" if is_exact(table) else "time"


def is_exact(table: pd.DataFrame) -> bool:
    """Tell whether a table holds counts rather than times."""
    return bool((table["unit"] == "instructions").any())


def interval_note(table: pd.DataFrame) -> str:
    """Say what the marks and their intervals are."""
    if is_exact(table):
        return (
            "Exact counts of instructions executed, user and kernel. Instructions are not time: no "
            "cache, TLB, interrupt or serialisation cost is in them."
        )
    sizes = table["processes"].dropna()
    few, many = int(sizes.min()), int(sizes.max())
    n = count(few, "process", "processes") if few == many else f"{few} to {many} processes"
    text = (
        f"Marks: median over {n} of each process's median. Intervals: 95 %, percentile bootstrap "
        f"over processes ({RESAMPLES:,} resamples)."
    )
    if few == 1:
        text += " A figure from one process has no interval."
    elif few < ENOUGH_PROCESSES:
        text += (
            f" With fewer than {ENOUGH_PROCESSES} processes an interval is no wider than the range "
            "seen and holds the true median less often than that."
        )
    return text
