"""Single instructions and system calls."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ..derive import dot_table
from ..estimate.cost_basis import basis_note
from ..estimate.result_set import ResultSet
from . import dots, style
from .chart import interval_note

NAME = "primitives"
TITLE = "Single instructions and system calls"
NEEDS = "no case of the families instruction and syscall was measured"
WITHOUT_AXES = r"(instruction|syscall)/[^/]+"  # what is swept along an axis has no place in a list


def table(result_set: ResultSet) -> pd.DataFrame:
    """Return the cost of each instruction and system call, the empty loop's among them.

    A slope's floor is the same instruction once more, and left out.
    """
    halves = set(result_set.cases.loc[result_set.cases["slope"], "floor"])
    estimates, cases = (
        rows[rows["case"].str.fullmatch(WITHOUT_AXES) & ~rows["case"].isin(halves)]
        for rows in (result_set.estimates, result_set.cases)
    )
    return dot_table.table(estimates, cases, cases["benchmark"])


def draw(rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
    """Draw the table."""
    return dots.draw(rows, width)


def caption(rows: pd.DataFrame) -> str:
    """Say what the figure shows."""
    return (
        "Unrolled where it is a matter of instructions; empty-loop is one turn of the timing loop. "
        f"{basis_note(rows)} {interval_note(rows)}"
    )


def alt(rows: pd.DataFrame) -> str:
    """Say in words what can be seen."""
    return dot_table.alt(rows)
