"""Arrange the rows of a figure of named costs: their heights, labels and empty rows."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ...derive.row_kinds import ESTIMATE, PUBLISHED
from . import style

LOW_ROW = 0.55  # rows: the height of a row that only says why it is empty
# Rows: the height of each of several machines' marks, and the gap before the next label's marks.
SHARED, BETWEEN = 0.55, 0.45
PUBLISHED_ROW = 0.5
# With more machines, their marks share one height; only as many as there are colours are named.
MOST_ROWS = 6


@dataclass(frozen=True)
class Band:
    """The place of a label's row, in rows from the top."""

    top: float
    height: float
    notes: tuple[str, ...]  # the reasons why no machine has a value
    extra: float = 0.0  # rows at its foot for what others published

    @property
    def middle(self) -> float:
        """The place of its label."""
        return self.top + (self.height - self.extra) / 2

    @property
    def foot(self) -> float:
        """The place of what others published."""
        return self.top + self.height - self.extra / 2


def bands(table: pd.DataFrame, machines: int) -> dict[str, Band]:
    """Return the place of each label's row, from the top; rows without any value are low."""
    found: dict[str, Band] = {}
    top = 0.0
    own = each_height(machines) * machines + BETWEEN * (1 < machines <= MOST_ROWS)
    for label, rows in table.groupby("label", sort=False):
        known = rows["what"].isin((ESTIMATE, PUBLISHED)).any()
        notes = () if known else tuple(dict.fromkeys(str(note) for note in rows["note"]))
        height = own if known else LOW_ROW
        extra = PUBLISHED_ROW * (rows["what"] == PUBLISHED).any()
        height += extra
        found[str(label)] = Band(top, height, notes, extra)
        top += height
    return found


def each_height(machines: int) -> float:
    """Return the height of one machine's mark, in rows."""
    return SHARED if 1 < machines <= MOST_ROWS else 1 / machines


def text(label: str, band: Band, longest: int) -> str:
    """Return a label, wrapped or cut to the room that its row has."""
    return style.wrapped(label, longest) if not band.notes else style.label(label, longest)
