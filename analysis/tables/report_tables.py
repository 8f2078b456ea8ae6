"""The report's tables: text for readers, numbers for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from .. import formatting
from ..derive import switch
from ..derive.cost_per_page import LEAST_PAGES, per_page
from ..derive.line_table import only_along, series
from ..derive.side_by_side import side_by_side
from ..estimate.cost_basis import as_measured, basis_note
from ..estimate.frame import records
from ..estimate.result_set import ResultSet
from ..interval import ENOUGH_PROCESSES
from .table import NOT_MEASURED, Table

__all__ = ["Table"]

MODES = (
    "User mode and kernel add up to the figure as counted; user mode was counted by single steps, "
    "and is missing where they would have been too many."
)
SLOPE = "slope"
TITLES = {
    "protect": "Changing protection, by number of pages",
    "threads": "Changing protection, by number of threads",
}


def of(result_set: ResultSet) -> list[Table]:
    """Return the tables of a result set that have a row."""
    tables = [
        switching(result_set),
        marginal(result_set),
        *pages(result_set),
        *threads(result_set),
        machines(result_set),
    ]
    return [table for table in tables if table.rows]


def switching(result_set: ResultSet) -> Table:
    """Return the ways to open and close a region, with how much dearer mprotect is."""
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
            "mprotect costs so many times as much",
        ],
        rows=rows,
        data=pd.DataFrame(data).drop(columns=["what", "note"], errors="ignore"),
        note=f"{basis_note(found)} {_few(found)}".strip() if len(found) else "",
        text_columns=2,
    )


def marginal(result_set: ResultSet) -> Table:
    """Return what one page more costs, beside what a call costs; of counts alone."""
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
        note="As counted. Per call: for the fewest pages that were counted, mostly "
        f"one. Per page: the slope between {LEAST_PAGES} pages or the next larger number, and the "
        "largest.",
        text_columns=2,
    )


def pages(result_set: ResultSet) -> list[Table]:
    """Return the costs of changing protection against pages, a table per machine."""
    return [_pivot(result_set, name, "protect", "pages") for name in result_set.names]


def threads(result_set: ResultSet) -> list[Table]:
    """Return the costs of changing protection against threads, a table per machine."""
    return [_pivot(result_set, name, "threads", "threads") for name in result_set.names]


def machines(result_set: ResultSet) -> Table:
    """Return every case measured on two machines or more, side by side."""
    data = side_by_side(result_set)
    headings, rows = ["case"], []
    if len(result_set.names) > 1:
        headings += [f"{name} ({_unit(result_set)})" for name in result_set.names]
        headings += [f"{name} ÷ {result_set.names[0]}" for name in result_set.names[1:]]
        rows = [_side(result_set, row) for row in records(data)]
    return Table(
        "side-by-side",
        "Side by side",
        headings,
        rows,
        data,
        "Figures as measured; ratios with their 95 % interval in brackets."
        if not result_set.exact
        else "Figures as counted, the timing loop included.",
        unit=result_set.unit,
    )


def everything(result_set: ResultSet) -> Table:
    """Return every measured case: gross, floor, net, and what they rest on."""
    rows = [_whole(result_set, row) for row in records(result_set.estimates)]
    intervals = ["95 % interval"] * (not result_set.exact)
    counted = " (instructions)" * result_set.exact
    headings = [
        "machine",
        "case",
        f"as measured{counted}",
        *[f"user mode{counted}", f"kernel{counted}"] * result_set.exact,
        *intervals,
        *["core cycles"] * (not result_set.exact),
        "floor",
        f"floor's cost{counted}",
        f"net{counted}",
        *intervals,
        *["net core cycles"] * (not result_set.exact),
        "boots" if result_set.exact else "processes × values",
        *["left out", "remark"] * (not result_set.exact),
    ]
    return Table(
        name="cases",
        title="All cases",
        headings=headings,
        rows=rows,
        data=_with_modes(result_set, result_set.estimates.drop(columns=["process_values"])),
        text_columns=2,
        note="All figures are per operation. Core cycles are calibrated by chains of instructions "
        "of known latency, timed beside each value; their 95 % interval is in brackets. "
        "Net is the figure as measured without its floor; where it comes from the slope, the floor "
        "is the same loop with half as many of the same instruction, and net is the difference of "
        "the two loops by the difference of their instructions. "
        "Left out: values contaminated by a context switch, a migration or stolen time, or taken "
        "beside another hardware thread on the core. "
        f"“{formatting.BELOW_RESOLUTION}”: the net figure can't be told from nothing. "
        f"{MODES if result_set.exact else _few(result_set.estimates)}".strip(),
    )


def _with_modes(result_set: ResultSet, data: pd.DataFrame) -> pd.DataFrame:
    """Return a table of counts with the instructions in user mode."""
    if not result_set.exact:
        return data
    keys = data[["machine", "case"]].itertuples(index=False)
    user = [result_set.in_user_mode(str(machine), str(case)) for machine, case in keys]
    return data.assign(user_mode=pd.Series(user, index=data.index, dtype="float64"))


def _modes(result_set: ResultSet, row: dict[str, Any]) -> list[str]:
    """Return the instructions in user mode and in the kernel."""
    if not result_set.exact:
        return []
    user = result_set.in_user_mode(row["machine"], row["case"])
    if user is None:
        return [NOT_MEASURED] * 2
    return [formatting.instructions(user), formatting.instructions(row["gross"] - user)]


def _whole(result_set: ResultSet, row: dict[str, Any]) -> list[str]:
    def interval(text: str) -> list[str]:
        return [] if result_set.exact else [text or NOT_MEASURED]

    number, values = row["processes"], row["values"]
    each = f"{(values - row['left_out']) / number:.3g}"
    boots = f"{number:,}"
    if result_set.exact and row["smallest"] != row["largest"]:
        boots += f", up to {formatting.instructions(row['largest'])}"
    told = formatting.cycles(row["cycles"], row["cycles_low"], row["cycles_high"])
    cycles = [] if result_set.exact else [told or NOT_MEASURED]
    floor = row["floor"] if pd.notna(row["net"]) else NOT_MEASURED
    counts = formatting.counts(result_set.counts(row["machine"], row["case"]))
    return [
        row["machine"],
        row["case"],
        formatting.cost(row["gross"], result_set.unit) + (f" ({counts})" if counts else ""),
        *_modes(result_set, row),
        *interval(formatting.bounds(row["low"], row["high"], result_set.unit)),
        *cycles,
        floor,
        SLOPE
        if row["slope"]
        else formatting.cost(row["floor_value"], result_set.unit) or NOT_MEASURED,
        formatting.net(row) or NOT_MEASURED,
        *interval(formatting.net_bounds(row)),
        *([] if result_set.exact else [formatting.net_cycles(row) or NOT_MEASURED]),
        boots if result_set.exact else f"{number:,} × {each}",
        *[f"{row['left_out']:,}", remark(row)] * (not result_set.exact),
    ]


def remark(row: Mapping[str, Any]) -> str:
    """Return what an estimate alone does not show: contended values, two modes, a drift.

    `row` is of `estimate.estimates`.
    """
    contended = row["contended"]
    smt = f"{formatting.count(contended, 'contended value')} (SMT)" if contended else ""
    return "; ".join(text for text in (smt, row["shape"]) if text)


def _side(result_set: ResultSet, row: dict[str, Any]) -> list[str]:
    values = [
        formatting.cost(row[f"{name} gross"], result_set.unit) or NOT_MEASURED
        for name in result_set.names
    ]
    ratios = []
    for name in result_set.names[1:]:
        ratio, low, high = (row[f"{name} {what}"] for what in ("ratio", "low", "high"))
        text = NOT_MEASURED if pd.isna(ratio) else formatting.figures(ratio)
        if pd.notna(low) and low < high:
            text += f" [{formatting.figures(low)}, {formatting.figures(high)}]"
        ratios.append(text)
    return [row["case"], *values, *ratios]


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


def _few(rows: pd.DataFrame) -> str:
    """Own up to intervals that are less than they are called."""
    if (rows["unit"] == "instructions").any() or (rows["processes"] >= ENOUGH_PROCESSES).all():
        return ""
    return f"With fewer than {ENOUGH_PROCESSES} processes an interval is the range that was seen."


def _cost_heading(result_set: ResultSet) -> str:
    return "Instructions per operation" if result_set.exact else "Time per operation"


def _unit(result_set: ResultSet) -> str:
    return "instructions" if result_set.exact else "time"
