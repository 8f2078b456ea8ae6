"""The report's tables: text for readers, numbers for programs."""

from __future__ import annotations

from typing import Any

import pandas as pd

from . import words
from .costs import as_measured, basis_note
from .estimate import ENOUGH_PROCESSES, side_by_side
from .figures import switch
from .figures.along import nothing_else, series
from .frame import records
from .marginal import LEAST_PAGES, per_page
from .shelf import Shelf
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


def of(shelf: Shelf) -> list[Table]:
    """Return the tables of a shelf that have a row."""
    tables = [switching(shelf), marginal(shelf), *pages(shelf), *threads(shelf), machines(shelf)]
    return [table for table in tables if table.rows]


def switching(shelf: Shelf) -> Table:
    """Return the ways to open and close a region, with how much dearer mprotect is."""
    found = switch.table(shelf)
    found = found[found["what"] == "estimate"]
    ways = records(found)
    base = {way["machine"]: way["case"] for way in ways if way["label"] == "mprotect"}
    rows, data = [], []
    for way in ways:
        machine, case = way["machine"], way["case"]
        ratio = None
        if case != base.get(machine, case):
            ratio = shelf.ratio((machine, base[machine]), (machine, case), way["basis"] == "net")
        interval = words.bounds(way["low"], way["high"], shelf.unit) or NOT_MEASURED
        rows.append(
            [
                machine,
                way["label"],
                words.cost(way["value"], shelf.unit),
                *[interval] * (not shelf.exact),
                words.times(ratio) if ratio else NOT_MEASURED,
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
            _cost_heading(shelf),
            *["95 % interval"] * (not shelf.exact),
            "mprotect costs so many times as much",
        ],
        rows=rows,
        data=pd.DataFrame(data).drop(columns=["what", "note"], errors="ignore"),
        note=f"{basis_note(found)} {_few(found)}".strip() if len(found) else "",
        text_columns=2,
    )


def marginal(shelf: Shelf) -> Table:
    """Return what one page more costs, beside what a call costs; of counts alone."""
    found = per_page(shelf) if shelf.exact else per_page(shelf).iloc[:0]
    rows = [
        [
            row["machine"],
            row["benchmark"],
            words.cost(row["call"], shelf.unit),
            words.figures(row["page"], 4),
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


def pages(shelf: Shelf) -> list[Table]:
    """Return the costs of changing protection against pages, a table per machine."""
    return [_pivot(shelf, name, "protect", "pages") for name in shelf.names]


def threads(shelf: Shelf) -> list[Table]:
    """Return the costs of changing protection against threads, a table per machine."""
    return [_pivot(shelf, name, "threads", "threads") for name in shelf.names]


def machines(shelf: Shelf) -> Table:
    """Return every case measured on two machines or more, side by side."""
    data = side_by_side(shelf.estimates, shelf.names)
    headings, rows = ["case"], []
    if len(shelf.names) > 1:
        headings += [f"{name} ({_unit(shelf)})" for name in shelf.names]
        headings += [f"{name} ÷ {shelf.names[0]}" for name in shelf.names[1:]]
        rows = [_side(shelf, row) for row in records(data)]
    return Table(
        "side-by-side",
        "Side by side",
        headings,
        rows,
        data,
        "Figures as measured; ratios with their 95 % interval in brackets."
        if not shelf.exact
        else "Figures as counted, the timing loop included.",
        unit=shelf.unit,
    )


def everything(shelf: Shelf) -> Table:
    """Return every measured case: gross, floor, net, and what they rest on."""
    rows = [_whole(shelf, row) for row in records(shelf.estimates)]
    intervals = ["95 % interval"] * (not shelf.exact)
    counted = " (instructions)" * shelf.exact
    headings = [
        "machine",
        "case",
        f"as measured{counted}",
        *[f"user mode{counted}", f"kernel{counted}"] * shelf.exact,
        *intervals,
        *["core cycles"] * (not shelf.exact),
        "floor",
        f"floor's cost{counted}",
        f"net{counted}",
        *intervals,
        *["net core cycles"] * (not shelf.exact),
        "boots" if shelf.exact else "processes × values",
        *["left out", "remark"] * (not shelf.exact),
    ]
    return Table(
        name="cases",
        title="All cases",
        headings=headings,
        rows=rows,
        data=_with_modes(shelf, shelf.estimates.drop(columns=["process_values"])),
        text_columns=2,
        note="All figures are per operation. Core cycles are calibrated by chains of instructions "
        "of known latency, timed beside each value; their 95 % interval is in brackets. "
        "Net is the figure as measured without its floor; where it comes from the slope, the floor "
        "is the same loop with half as many of the same instruction, and net is the difference of "
        "the two loops by the difference of their instructions. "
        "Left out: values contaminated by a context switch, a migration or stolen time, or taken "
        "beside another hardware thread on the core. "
        f"“{words.BELOW_RESOLUTION}”: the net figure can't be told from nothing. "
        f"{MODES if shelf.exact else _few(shelf.estimates)}".strip(),
    )


def _with_modes(shelf: Shelf, data: pd.DataFrame) -> pd.DataFrame:
    """Return a table of counts with the instructions in user mode."""
    if not shelf.exact:
        return data
    keys = data[["machine", "case"]].itertuples(index=False)
    user = [shelf.in_user_mode(str(machine), str(case)) for machine, case in keys]
    return data.assign(user_mode=pd.Series(user, index=data.index, dtype="float64"))


def _modes(shelf: Shelf, row: dict[str, Any]) -> list[str]:
    """Return the instructions in user mode and in the kernel."""
    if not shelf.exact:
        return []
    user = shelf.in_user_mode(row["machine"], row["case"])
    if user is None:
        return [NOT_MEASURED] * 2
    return [words.instructions(user), words.instructions(row["gross"] - user)]


def _whole(shelf: Shelf, row: dict[str, Any]) -> list[str]:
    def interval(text: str) -> list[str]:
        return [] if shelf.exact else [text or NOT_MEASURED]

    number, values = row["processes"], row["values"]
    each = f"{(values - row['left_out']) / number:.3g}"
    boots = f"{number:,}"
    if shelf.exact and row["smallest"] != row["largest"]:
        boots += f", up to {words.instructions(row['largest'])}"
    told = words.cycles(row["cycles"], row["cycles_low"], row["cycles_high"])
    cycles = [] if shelf.exact else [told or NOT_MEASURED]
    floor = row["floor"] if pd.notna(row["net"]) else NOT_MEASURED
    counts = words.counts(shelf.counts(row["machine"], row["case"]))
    return [
        row["machine"],
        row["case"],
        words.cost(row["gross"], shelf.unit) + (f" ({counts})" if counts else ""),
        *_modes(shelf, row),
        *interval(words.bounds(row["low"], row["high"], shelf.unit)),
        *cycles,
        floor,
        SLOPE if row["slope"] else words.cost(row["floor_value"], shelf.unit) or NOT_MEASURED,
        words.net(row) or NOT_MEASURED,
        *interval(words.net_bounds(row)),
        *([] if shelf.exact else [words.net_cycles(row) or NOT_MEASURED]),
        boots if shelf.exact else f"{number:,} × {each}",
        *[f"{row['left_out']:,}", _remark(row)] * (not shelf.exact),
    ]


def _remark(row: dict[str, Any]) -> str:
    """Return what the figure itself doesn't tell."""
    beside = (
        f"{row['crowded']:,} values beside another thread on the core" if row["crowded"] else ""
    )
    return "; ".join(text for text in (beside, row["shape"]) if text)


def _side(shelf: Shelf, row: dict[str, Any]) -> list[str]:
    values = [words.cost(row[f"{name} gross"], shelf.unit) or NOT_MEASURED for name in shelf.names]
    ratios = []
    for name in shelf.names[1:]:
        ratio, low, high = (row[f"{name} {what}"] for what in ("ratio", "low", "high"))
        text = NOT_MEASURED if pd.isna(ratio) else words.figures(ratio)
        if pd.notna(low) and low < high:
            text += f" [{words.figures(low)}, {words.figures(high)}]"
        ratios.append(text)
    return [row["case"], *values, *ratios]


def _pivot(shelf: Shelf, machine: str, family: str, axis: str) -> Table:
    column = f"axis_{axis}"
    rows = shelf.on(machine)
    rows = rows[rows["family"] == family]
    if family == "protect":
        rows = nothing_else(rows, axis)
    if column not in rows or not pd.api.types.is_numeric_dtype(rows[column]):
        rows = rows.iloc[:0].assign(**{column: []})
    rows = rows[rows[column].notna()]
    found = as_measured(rows).assign(point=rows[column], series=series(rows, axis))
    names, points = list(dict.fromkeys(found["series"])), sorted(set(found["point"]))
    text = {
        (row["series"], row["point"]): words.cost(row["value"], shelf.unit)
        for row in records(found)
    }
    number = shelf.names.index(machine) + 1
    return Table(
        name=family if len(shelf.names) == 1 else f"{family}-{number}",
        title=f"{TITLES[family]}, {machine}",
        headings=[axis, *names],
        rows=[
            [f"{point:,}", *(text.get((name, point), NOT_MEASURED) for name in names)]
            for point in points
        ],
        data=found[["machine", "case", "series", "point", "value", "low", "high", "unit"]],
        note=f"{_cost_heading(shelf)}, as measured; intervals are in the table of all cases."
        if not shelf.exact
        else f"{_cost_heading(shelf)}, as counted.",
    )


def _few(rows: pd.DataFrame) -> str:
    """Own up to intervals that are less than they are called."""
    if (rows["unit"] == "instructions").any() or (rows["processes"] >= ENOUGH_PROCESSES).all():
        return ""
    return f"With fewer than {ENOUGH_PROCESSES} processes an interval is the range that was seen."


def _cost_heading(shelf: Shelf) -> str:
    return "Instructions per operation" if shelf.exact else "Time per operation"


def _unit(shelf: Shelf) -> str:
    return "instructions" if shelf.exact else "time"
