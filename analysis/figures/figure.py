"""What every figure is: a table of a result set, how it is drawn, and what is said about it."""

from __future__ import annotations

from typing import Protocol

import pandas as pd
from matplotlib.figure import Figure as Drawing

from ..estimate.result_set import ResultSet


class Figure(Protocol):
    """A figure: a module of this folder, or one of its declarations."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a module's constants are written so
        """What a file of it is called."""

    @property
    def TITLE(self) -> str:  # noqa: N802
        """What stands above it on a page."""

    @property
    def NEEDS(self) -> str:  # noqa: N802
        """What was missing where it can't be drawn."""

    def table(self, result_set: ResultSet) -> pd.DataFrame:
        """Return what is to be drawn; see `along.COLUMNS` and `named.COLUMNS`."""

    def draw(self, rows: pd.DataFrame, width: float = ...) -> Drawing | None:
        """Draw the table, so many inches wide; None where there is nothing to draw."""

    def caption(self, rows: pd.DataFrame) -> str:
        """Say what the figure shows and how it was made."""

    def alt(self, rows: pd.DataFrame) -> str:
        """Say in words what can be seen."""
