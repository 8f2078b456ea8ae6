"""Build the table of all measured cases: as measured, net of overhead, and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from .. import formatting
from ..estimate.frame import records
from ..estimate.result_set import ResultSet
from .report_tables import few_processes_note
from .table import NOT_MEASURED, Table

MODES = (
    "User mode and kernel add up to the figure as counted. User mode was counted by single steps; "
    "it is missing where there would have been too many steps."
)
SLOPE = "slope"


def table(result_set: ResultSet) -> Table:
    """Return a row for each measured case: as measured, overhead, net, and the number of values."""
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
        "fixed overhead (floor)",
        f"overhead{counted}",
        f"net{counted}",
        *intervals,
        *["net core cycles"] * (not result_set.exact),
        "boots" if result_set.exact else "processes × values",
        *["values left out", "remark"] * (not result_set.exact),
    ]
    return Table(
        name="cases",
        title="All cases",
        headings=headings,
        rows=rows,
        data=_with_modes(result_set, result_set.estimates.drop(columns=["process_values"])),
        text_columns=2,
        note=f"{_note(result_set)} "
        f"{MODES if result_set.exact else few_processes_note(result_set.estimates)}".strip(),
    )


def _note(result_set: ResultSet) -> str:
    """Explain the columns."""
    note = (
        "All figures are per operation. Net is the figure as measured with the fixed overhead "
        "subtracted: the cost of another benchmark, the floor, whose iteration is contained in "
        "this one's. A slope subtracts the same loop with half as many of the same instruction, "
        "and divides the difference of the two loops by the difference of their instructions. "
        f"“{formatting.BELOW_RESOLUTION}”: the net figure can't be distinguished from zero."
    )
    if result_set.exact:
        return note
    return (
        f"{note} Core cycles come from the core-clock calibration, which is timed with each value; "
        "their 95 % interval is in brackets. Values left out were disturbed by a context switch, a "
        "migration or stolen time, or contended: another hardware thread ran on the core."
    )


def _with_modes(result_set: ResultSet, data: pd.DataFrame) -> pd.DataFrame:
    """Return a table of counts with a column of the instructions in user mode."""
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
    in_cycles = formatting.cycles(row["cycles"], row["cycles_low"], row["cycles_high"])
    cycles = [] if result_set.exact else [in_cycles or NOT_MEASURED]
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
