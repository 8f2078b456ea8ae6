"""The cost of changing protection, against the number of threads."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ..shelf import Shelf
from . import along, lines, style
from .chart import interval_note

NAME = "threads"
TITLE = "Changing protection with more threads"
NEEDS = "no case of the family threads was measured"
PANELS = ((".*siblings", "one thread changes"), ("", "every thread changes its own"))


def table(shelf: Shelf) -> pd.DataFrame:
    """Return the cost per operation at each number of threads."""
    measured, cases = (
        rows[(rows["family"] == "threads") & (rows["benchmark"] != "mprotect-readers")]
        for rows in (shelf.estimates, shelf.cases)
    )
    return along.table(measured, cases, "threads", PANELS)


def draw(rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
    """Draw the table."""
    return lines.draw(rows, "threads (or processes)", width)


def caption(rows: pd.DataFrame) -> str:
    """Say what the figure shows."""
    return (
        "Cost of one operation as the thread that does it sees it, against the number of threads. "
        f"Figures are as measured. {interval_note(rows)}"
    )


def alt(rows: pd.DataFrame) -> str:
    """Say in words what can be seen."""
    return along.alt(rows, "threads", "the cost of one operation")
