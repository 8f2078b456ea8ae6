"""The cost of changing protection per page, against the number of pages."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ..derive import line_table
from ..estimate.result_set import ResultSet
from . import flush_mark, lines, pages, style
from .chart import interval_note

NAME = "per-page"
TITLE = "Changing protection, cost per page"
NEEDS = pages.NEEDS


def table(result_set: ResultSet) -> pd.DataFrame:
    """Return the costs of `pages`, divided by the number of pages."""
    found = pages.table(result_set).copy()
    for column in ("value", "low", "high"):
        found[column] = found[column] / found["point"].astype(float)
    found["unit"] = found["unit"] + "/page"
    return found


def draw(rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
    """Draw the table."""
    return lines.draw(rows, "pages", width, per="page", decorate=flush_mark.mark)


def caption(rows: pd.DataFrame) -> str:
    """Say what the figure shows."""
    return (
        f"{pages.operation(rows)} Its cost is divided by the number of pages. "
        f"Figures are as measured. {interval_note(rows)} {flush_mark.note(rows)}"
    ).strip()


def alt(rows: pd.DataFrame) -> str:
    """Say in words what can be seen."""
    return line_table.alt(rows, "pages", "the cost per page of one change of protection")
