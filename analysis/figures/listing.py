"""Figures of a few named costs that need nothing of their own but a declaration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from ..derive import dot_table, line_table
from ..estimate.cost_basis import basis_note, costs
from ..estimate.result_set import ResultSet
from . import dots, style
from .chart import interval_note


@dataclass(frozen=True)
class Listing:
    """Some cases, a row each."""

    NAME: str
    TITLE: str
    cases: str  # a pattern that a case's whole name must match
    operation: str  # what one operation is, as a sentence
    basis: Callable[[pd.DataFrame], pd.DataFrame] = costs
    without_basis: str = "no case that it shows was measured"
    label: Callable[[pd.DataFrame], pd.Series[str]] | None = None

    @property
    def NEEDS(self) -> str:  # noqa: N802 - as a module's
        """What was missing where it can't be drawn."""
        return self.without_basis

    def table(self, result_set: ResultSet) -> pd.DataFrame:
        """Return the cost of each case; a slope's floor, the same instruction, is left out."""
        halves = set(result_set.cases.loc[result_set.cases["slope"], "floor"])
        measured, cases = (
            rows[rows["case"].str.fullmatch(self.cases) & ~rows["case"].isin(halves)]
            for rows in (result_set.estimates, result_set.cases)
        )
        if measured.empty:
            return pd.DataFrame(columns=dot_table.COLUMNS)
        labels = cases["benchmark"].astype(str) + line_table.elsewhere(cases, "")
        if self.label:
            labels = self.label(cases)
        return dot_table.table(measured, cases, labels, self.basis)

    def draw(self, rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
        """Draw the table."""
        return dots.draw(rows, width)

    def caption(self, rows: pd.DataFrame) -> str:
        """Say what the figure shows."""
        return f"{self.operation} {basis_note(rows)} {interval_note(rows)}"

    def alt(self, rows: pd.DataFrame) -> str:
        """Say in words what can be seen."""
        return dot_table.alt(rows)
