"""The cost of changing protection, against the number of threads."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ..shelf import Shelf
from . import along, lines
from .chart import interval_note

NAME = "threads"
TITLE = "Changing protection with more threads"
NEEDS = "no case of the family threads was measured"
PANELS = ((".*siblings", "one thread changes"), ("", "every thread changes its own"))


def table(shelf: Shelf) -> pd.DataFrame:
    """Return the cost per operation at each number of threads."""
    rows = shelf.estimates[shelf.estimates["family"] == "threads"]
    return along.table(rows, "threads", PANELS)


def draw(rows: pd.DataFrame) -> Figure | None:
    """Draw the table."""
    wide = len(rows) > 0 and rows["value"].max() > 20 * rows["value"].min()
    return lines.draw(rows, "threads (or processes)", log=wide)


def caption(rows: pd.DataFrame) -> str:
    """Say what the figure shows."""
    return (
        "Cost of one operation as the thread that does it sees it, against the number of threads. "
        f"Figures are as measured. {interval_note(rows)}"
    )


def alt(rows: pd.DataFrame) -> str:
    """Say in words what can be seen."""
    return along.alt(rows, "threads", "the cost of one operation")
