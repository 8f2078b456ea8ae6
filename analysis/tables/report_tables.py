"""Build a report's tables by subject: text for readers, numbers for programs."""

from __future__ import annotations

import pandas as pd

from .. import formatting
from ..derive import switch
from ..derive.cost_per_page import LEAST_PAGES, per_page
from ..derive.line_table import only_along, series
from ..estimate.cost_basis import as_measured, basis_note
from ..estimate.frame import records
from ..estimate.result_set import ResultSet
from ..interval import ENOUGH_PROCESSES
from .table import NOT_MEASURED, Table

TITLES = {
    "protect": "Changing protection, by number of pages",
    "threads": "Changing protection, by number of threads",
}


def of(result_set: ResultSet) -> list[Table]:
    """Return the tables of each machine by itself that have rows, without that of all cases."""
    tables = [
        switching(result_set),
        marginal(result_set),
        *pages(result_set),
        *threads(result_set),
    ]
    return [table for table in tables if table.rows]


def switching(result_set: ResultSet) -> Table:
    """Return the ways to open and close a region, each with the ratio of mprotect's cost to it."""
    found = switch.table(result_set)
    found = found[found["what"] == "estimate"]
    ways = records(found)
    base = {way["machine"]: way["case"] for way in ways if way["label"] == "mprotect"}
    rows, data = [], []
    for way in ways:
        machine, case = way["machine"], way["case"]
        ratio = None
        if case != base.get(machine, case):
            ratio = result_set.ratio(
                (machine, base[machine]), (machine, case), way["basis"] == "net"
            )
        interval = formatting.bounds(way["low"], way["high"], result_set.unit) or NOT_MEASURED
        rows.append(
            [
                machine,
                way["label"],
                formatting.cost(way["value"], result_set.unit),
                *[interval] * (not result_set.exact),
                formatting.times(ratio) if ratio else NOT_MEASURED,
            ]
        )
        data.append(
            {
                **way,
                "mprotect_over_this": ratio and ratio.value,
                "ratio_low": ratio and ratio.low,
                "ratio_high": ratio and ratio.high,
            }
        )
    return Table(
        name="switch",
        title=switch.TITLE,
        headings=[
            "machine",
            "way",
            _cost_heading(result_set),
            *["95 % interval"] * (not result_set.exact),
            "mprotect ÷ this way",
        ],
        rows=rows,
        data=pd.DataFrame(data).drop(columns=["what", "note"], errors="ignore"),
        note=f"{basis_note(found)} {few_processes_note(found)}".strip() if len(found) else "",
        text_columns=2,
    )


def marginal(result_set: ResultSet) -> Table:
    """Return what a call and each further page cost; only for exact counts."""
    found = per_page(result_set) if result_set.exact else per_page(result_set).iloc[:0]
    rows = [
        [
            row["machine"],
            row["benchmark"],
            formatting.cost(row["call"], result_set.unit),
            formatting.figures(row["page"], 4),
        ]
        for row in records(found)
    ]
    return Table(
        name="per-page",
        title="Changing protection, per call and per page",
        headings=[
            "machine",
            "benchmark",
            "per call (instructions)",
            "per 4 KiB page (instructions)",
        ],
        rows=rows,
        data=found,
        note="As counted. Per call: for the fewest pages counted, usually one. Per page: the slope "
        f"from the first number of pages of at least {LEAST_PAGES} to the largest.",
        text_columns=2,
    )


def pages(result_set: ResultSet) -> list[Table]:
    """Return the costs of changing protection against pages, a table for each machine."""
    return [_pivot(result_set, name, "protect", "pages") for name in result_set.names]


def threads(result_set: ResultSet) -> list[Table]:
    """Return the costs of changing protection against threads, a table for each machine."""
    return [_pivot(result_set, name, "threads", "threads") for name in result_set.names]


def few_processes_note(rows: pd.DataFrame) -> str:
    """Say which figures have no interval; "" where all have one."""
    if (rows["unit"] == "instructions").any() or (rows["processes"] >= ENOUGH_PROCESSES).all():
        return ""
    return f"With fewer than {ENOUGH_PROCESSES} processes there is no interval."


def _pivot(result_set: ResultSet, machine: str, family: str, axis: str) -> Table:
    column = f"axis_{axis}"
    rows = result_set.on(machine)
    rows = rows[rows["family"] == family]
    if family == "protect":
        rows = only_along(rows, axis)
    if column not in rows or not pd.api.types.is_numeric_dtype(rows[column]):
        rows = rows.iloc[:0].assign(**{column: []})
    rows = rows[rows[column].notna()]
    found = as_measured(rows).assign(point=rows[column], series=series(rows, axis))
    names, points = list(dict.fromkeys(found["series"])), sorted(set(found["point"]))
    text = {
        (row["series"], row["point"]): formatting.cost(row["value"], result_set.unit)
        for row in records(found)
    }
    number = result_set.names.index(machine) + 1
    return Table(
        name=family if len(result_set.names) == 1 else f"{family}-{number}",
        title=f"{TITLES[family]}, {machine}",
        headings=[axis, *names],
        rows=[
            [f"{point:,}", *(text.get((name, point), NOT_MEASURED) for name in names)]
            for point in points
        ],
        data=found[["machine", "case", "series", "point", "value", "low", "high", "unit"]],
        note=f"{_cost_heading(result_set)}, as measured; intervals are in the table of all cases."
        if not result_set.exact
        else f"{_cost_heading(result_set)}, as counted.",
    )


def _cost_heading(result_set: ResultSet) -> str:
    return "Instructions per operation" if result_set.exact else "Time per operation"
