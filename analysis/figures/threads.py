"""The cost of changing protection, against the number of threads."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ..derive import line_table
from ..estimate.result_set import ResultSet
from . import lines, style
from .chart import interval_note

NAME = "threads"
TITLE = "Changing protection with more threads"
NEEDS = "no case of the family threads was measured"
PANELS = ((".*siblings", "one thread changes"), ("", "every thread changes its own"))


def table(result_set: ResultSet) -> pd.DataFrame:
    """Return the cost per operation at each number of threads."""
    measured, cases = (
        rows[(rows["family"] == "threads") & (rows["benchmark"] != "mprotect-readers")]
        for rows in (result_set.estimates, result_set.cases)
    )
    return line_table.table(measured, cases, "threads", PANELS)


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
    return line_table.alt(rows, "threads", "the cost of one operation")
