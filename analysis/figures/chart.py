"""A chart with all that goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from ..derive.row_kinds import MISSING, PROCESS, PUBLISHED, estimates, is_exact
from ..estimate.resample import RESAMPLES
from ..formatting import count, listed
from ..interval import ENOUGH_PROCESSES

MOST_NAMED = 8  # cases that a caption names before it counts the rest


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


def interval_note(table: pd.DataFrame) -> str:
    """Say what the marks and their intervals are."""
    if is_exact(table):
        return (
            "Exact counts of instructions executed, user and kernel. Instructions are not time: no "
            "cache, TLB, interrupt or serialisation cost is in them."
        )
    sizes = estimates(table)["processes"].dropna()
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


def missing_note(table: pd.DataFrame, names: Sequence[str] = ("series", "label")) -> str:
    """Say which cases have no figure, on which machines, and why; "" where all have one."""
    name = next(column for column in names if column in table)
    table = table[table["what"] != PUBLISHED]
    rows = table[table["what"] == MISSING]
    lacking: dict[tuple[str, str], list[str]] = {}  # (what, why) -> machines
    for (machine, note), missing in rows.groupby(["machine", "note"], sort=False):
        for found in _named(missing, table, name):
            lacking.setdefault((found, str(note)), []).append(str(machine))
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (found, note), machines in lacking.items():
        together.setdefault((note, tuple(machines)), []).append(found)
    everywhere = table["machine"].nunique()
    return " ".join(
        f"n/a{f' on {listed([*machines])}' if len(machines) < everywhere else ''}: "
        f"{_shortened(found)} ({note})."
        for (note, machines), found in together.items()
    )


def _named(missing: pd.DataFrame, table: pd.DataFrame, name: str) -> list[str]:
    """Name what is missing: a series or a panel that is missing whole, else some points of each."""
    here = table[(table["machine"] == missing["machine"].iloc[0]) & (table["what"] != PROCESS)]
    panels = "panel" in here and here.groupby(name)["panel"].nunique().max() > 1
    found = []
    for label, rows in missing.groupby(name, sort=False):
        if len(rows) == (here[name] == label).sum():
            found.append(str(label))
        elif not panels:
            found.append(_at_points(str(label), rows))
        else:
            for panel, part in rows.groupby("panel", sort=False):
                whole = len(missing[missing["panel"] == panel]) == (here["panel"] == panel).sum()
                found.append(str(panel) if whole else _at_points(f"{panel}, {label}", part))
    return list(dict.fromkeys(found))


def _at_points(label: str, rows: pd.DataFrame) -> str:
    points = [f"{point:,}" for point in rows["point"]] if "point" in rows else []
    return f"{label} at {listed(points)}" if points else label


def _shortened(found: list[str]) -> str:
    if len(found) <= MOST_NAMED:
        return listed(found)
    return f"{', '.join(found[:MOST_NAMED])} and {len(found) - MOST_NAMED} more"
