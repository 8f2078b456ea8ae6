"""The ways to open and close a region, at its smallest size."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from .. import formatting
from ..derive import dot_table, switch
from ..estimate.cost_basis import basis_note
from . import dots, style
from .chart import interval_note

NAME = "switch"
TITLE = switch.TITLE
table = switch.table
NEEDS = "no case of the family switch was measured"


def draw(rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
    """Draw the table."""
    return dots.draw(rows, width)


def caption(rows: pd.DataFrame) -> str:
    """Say what the figure shows."""
    pages = rows["case"].str.extract(r"/pages:(\d+)")[0].dropna()
    size = f" of {formatting.count(int(pages.iloc[0]), 'page')}" if len(pages) else ""
    return (
        f"One operation opens a region{size} for writing, stores to it and closes it again. "
        f"{basis_note(rows)} {interval_note(rows)}"
    )


def alt(rows: pd.DataFrame) -> str:
    """Say in words what can be seen."""
    return dot_table.alt(rows)
