"""Write the sentences that captions and alternative texts share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from .. import formatting
from ..derive import published_overlay
from ..derive.row_kinds import ASSUMED, MISSING, PROCESS, PUBLISHED, estimates, is_exact
from ..estimate.frame import records
from ..formatting import listed
from ..interval import ENOUGH_PROCESSES

MOST_NAMED = 8  # cases that a caption names before it counts the rest
MOST_CONTROLS = 8  # costs of control cases that a caption lists


def of(*parts: str | Callable[[pd.DataFrame], str]) -> Callable[[pd.DataFrame], str]:
    """Return a caption made of sentences: texts, and functions of the figure's table."""
    return lambda rows: " ".join(
        filter(None, (part if isinstance(part, str) else part(rows) for part in parts))
    )


def interval_note(table: pd.DataFrame) -> str:
    """Say what the marks and their intervals are."""
    if is_exact(table):
        return (
            "Exact counts of instructions executed, user and kernel. Instructions are not time: no "
            "cache, TLB, interrupt or serialisation cost is in them."
        )
    sizes = estimates(table)["processes"].dropna()
    text = (
        f"Marks: median over {_processes(sizes)} of each process's median. Intervals: 95 %, by "
        "order statistics of the processes."
    )
    if sizes.min() < ENOUGH_PROCESSES:
        text += f" Fewer than {ENOUGH_PROCESSES} processes have no interval."
    return text


def ratio_interval_note(rows: pd.DataFrame) -> str:
    """Say what the marks and the intervals of ratios are."""
    if is_exact(rows):
        return "Ratios of exact counts. Instructions are not time."
    return (
        f"Marks: the ratio of medians over {_processes(estimates(rows)['processes'])}. Intervals: "
        "95 %, from the intervals of both medians."
    )


def _processes(sizes: pd.Series[float]) -> str:
    few, many = int(sizes.min()), int(sizes.max())
    if few < many:
        return f"{few} to {many} processes"
    return formatting.count(few, "process", "processes")


def rate_note(rows: pd.DataFrame) -> str:
    """Explain rates where there are any."""
    return "The rate is in operations per second." if rows["operations"].notna().any() else ""


def control_costs(rows: pd.DataFrame) -> str:
    """Say what the control cases cost: a ratio says little without its base."""
    known = estimates(rows).drop_duplicates(["machine", "base"])
    on = " on {}" if known["machine"].nunique() > 1 else ""
    parts = []
    for row in records(known.sort_values("base_cost", kind="stable")):
        cost = formatting.cost(row["base_cost"], row["cost_unit"])
        parts.append(f"{row['base']}{on.format(row['machine'])} {cost}")
    if len(parts) <= MOST_CONTROLS:
        return f"1 is: {'; '.join(parts)}."
    return f"1 is: from {parts[0]} to {parts[-1]}; the data hold each."


def assumed_note(rows: pd.DataFrame) -> str:
    """Say what was assumed and not measured, "" where nothing was."""
    sources = list(dict.fromkeys(rows.loc[rows["what"] == ASSUMED, "note"]))
    if not sources:
        return ""
    return (
        f"Hatched band: the reader's assumption, not measured here: {'; '.join(sources)}. A switch "
        "is assumed to be two WRPKRU."
    )


def published_note(rows: pd.DataFrame) -> str:
    """Say whose the published figures are and that they are of other machines, "" without any."""
    sources = published_overlay.citations(rows)
    if not sources:
        return ""
    combined = published_overlay.combinations(rows)
    computed = f" Computed from our costs, to compare with them: {'; '.join(combined)}."
    return (
        "Grey marks are published figures of other machines, measured by others in "
        f"other ways: {'; '.join(sources)}.{computed * bool(combined)}"
    )


def missing_note(table: pd.DataFrame) -> str:
    """Say which cases have no value, on which machines, and why; "" where all have one."""
    name = "series" if "series" in table else "label"
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
    """Name what is missing: whole series or panels by their names, else some points of each."""
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


def _shortened(found: Sequence[str]) -> str:
    if len(found) <= MOST_NAMED:
        return listed([*found])
    return f"{', '.join(found[:MOST_NAMED])} and {len(found) - MOST_NAMED} more"


def alt_of_lines(found: pd.DataFrame, along: str, cost: str) -> str:
    """Say in words what a figure of lines shows: `cost` against `along`."""
    rows = estimates(found)
    machines = formatting.count(
        rows["machine"].nunique(), "kernel" if is_exact(rows) else "machine"
    )
    lines = rows.groupby(["machine", "panel", "series"], sort=False).ngroups
    ends = f"from {rows['point'].min():,} to {rows['point'].max():,}"
    return (
        f"{formatting.count(lines, 'line')} of {cost} against {along}, {ends}, on {machines}. "
        "The values are in the table of all cases."
    )


def alt_of_dots(found: pd.DataFrame) -> str:
    """Say in words what a figure of named costs shows."""
    rows = estimates(found)
    parts = [
        f"{label} {formatting.cost(value, unit)} ({machine})"
        for label, value, unit, machine in zip(
            rows["label"], rows["value"], rows["unit"], rows["machine"], strict=True
        )
    ]
    return f"Costs per operation: {'; '.join(parts)}."


def alt_of_ratios(rows: pd.DataFrame, control: str) -> str:
    """Say in words what a figure of ratios shows."""
    parts = [
        f"{row['label']} {formatting.figures(row['value'])} ({row['machine']})"
        for row in records(estimates(rows))
    ]
    return f"Cost as a multiple of the cost of {control}: {'; '.join(parts)}."
