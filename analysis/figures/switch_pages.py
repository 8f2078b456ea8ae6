"""The ways to open and close a region, against its size."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from .. import formatting
from ..derive import line_table
from ..estimate.cost_basis import basis_note, costs
from ..estimate.result_set import ResultSet
from . import flush_mark, lines, style
from .chart import interval_note

NAME = "switch-pages"
TITLE = "Opening and closing a region, by its size"
NEEDS = "no case of the family switch was measured at two region sizes or more"


def table(result_set: ResultSet) -> pd.DataFrame:
    """Return the cost of every way at every size."""
    measured, cases = (
        line_table.nothing_else(rows[rows["family"] == "switch"], "pages")
        for rows in (result_set.estimates, result_set.cases)
    )
    found = line_table.table(measured, cases, "pages", basis=costs)
    found["series"] = found["series"].map(formatting.way)
    return found if line_table.sweeps(found) else found.iloc[:0]


def draw(rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
    """Draw the table."""
    return lines.draw(rows, "pages in the region", width, decorate=flush_mark.mark)


def caption(rows: pd.DataFrame) -> str:
    """Say what the figure shows."""
    return (
        "One operation opens the region for writing, stores to it and closes it again. "
        f"{basis_note(rows)} {interval_note(rows)} {flush_mark.note(rows)}"
    ).strip()


def alt(rows: pd.DataFrame) -> str:
    """Say in words what can be seen."""
    return line_table.alt(rows, "pages in the region", "the cost of opening and closing")
