"""The ways to open and close a region, against its size."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from .. import words
from ..costs import basis_note, costs
from ..shelf import Shelf
from . import along, ceiling, lines, style
from .chart import interval_note

NAME = "switch-pages"
TITLE = "Opening and closing a region, by its size"
NEEDS = "no case of the family switch was measured at two region sizes or more"


def table(shelf: Shelf) -> pd.DataFrame:
    """Return the cost of every way at every size."""
    measured, cases = (
        along.nothing_else(rows[rows["family"] == "switch"], "pages")
        for rows in (shelf.estimates, shelf.cases)
    )
    found = along.table(measured, cases, "pages", basis=costs)
    found["series"] = found["series"].map(words.way)
    return found if along.sweeps(found) else found.iloc[:0]


def draw(rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
    """Draw the table."""
    return lines.draw(rows, "pages in the region", width, decorate=ceiling.mark)


def caption(rows: pd.DataFrame) -> str:
    """Say what the figure shows."""
    return (
        "One operation opens the region for writing, stores to it and closes it again. "
        f"{basis_note(rows)} {interval_note(rows)} {ceiling.note(rows)}"
    ).strip()


def alt(rows: pd.DataFrame) -> str:
    """Say in words what can be seen."""
    return along.alt(rows, "pages in the region", "the cost of opening and closing")
