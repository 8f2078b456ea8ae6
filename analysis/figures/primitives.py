"""Single instructions and system calls."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ..costs import basis_note
from ..shelf import Shelf
from . import dots, named, style
from .chart import interval_note

NAME = "primitives"
TITLE = "Single instructions and system calls"
NEEDS = "no case of the families instruction and syscall was measured"
WITHOUT_AXES = r"(instruction|syscall)/[^/]+"  # what is swept along an axis has no place in a list


def table(shelf: Shelf) -> pd.DataFrame:
    """Return the cost of each instruction and system call, the empty loop's among them.

    A slope's floor is the same instruction once more, and left out.
    """
    halves = set(shelf.cases.loc[shelf.cases["slope"], "floor"])
    estimates, cases = (
        rows[rows["case"].str.fullmatch(WITHOUT_AXES) & ~rows["case"].isin(halves)]
        for rows in (shelf.estimates, shelf.cases)
    )
    return named.table(estimates, cases, cases["benchmark"])


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
    return named.alt(rows)
