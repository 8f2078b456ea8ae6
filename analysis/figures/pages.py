"""The cost of changing protection, against the number of pages."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ..derive import line_table
from ..estimate.result_set import ResultSet
from . import flush_mark, lines, style
from .chart import interval_note

NAME = "pages"
TITLE = "Changing protection, by direction and number of pages"
NEEDS = "no case of the family protect was measured at two numbers of pages or more"
TOUCH = "first touch after"
PANELS = (("mprotect", "mprotect"), ("pkey", "pkey_mprotect"), ("touch", TOUCH), ("", "others"))


def table(result_set: ResultSet) -> pd.DataFrame:
    """Return the cost of each direction, as measured, at each number of pages."""
    measured, cases = (
        line_table.nothing_else(rows[rows["family"] == "protect"], "pages")
        for rows in (result_set.estimates, result_set.cases)
    )
    found = line_table.table(measured, cases, "pages", PANELS)
    return found if line_table.sweeps(found) else found.iloc[:0]


def draw(rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
    """Draw the table."""
    return lines.draw(rows, "pages", width, decorate=flush_mark.mark)


def caption(rows: pd.DataFrame) -> str:
    """Say what the figure shows."""
    return (
        f"{operation(rows)} Figures are as measured. {interval_note(rows)} {flush_mark.note(rows)}"
    ).strip()


def operation(rows: pd.DataFrame) -> str:
    """Say what one operation is."""
    if TOUCH not in set(rows["panel"]):
        return "One operation is one call."
    return (
        "One operation is one call, or one first access to each page after it; touch-steady is the "
        "same access with nothing changed before."
    )


def alt(rows: pd.DataFrame) -> str:
    """Say in words what can be seen."""
    return line_table.alt(rows, "pages", "the cost of one change of protection")
