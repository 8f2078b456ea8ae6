"""Figures of costs along an axis that need nothing of their own but a declaration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from ..derive import line_table
from ..estimate.cost_basis import as_measured, basis_note
from ..estimate.result_set import ResultSet
from . import lines, style
from .chart import interval_note

Basis = Callable[[pd.DataFrame], pd.DataFrame]
Names = Callable[[pd.DataFrame, str], "pd.Series[str]"]


@dataclass(frozen=True)
class Sweep:
    """Some benchmarks along one of their axes, a line each, beside their points on other axes."""

    NAME: str
    TITLE: str
    benchmarks: str  # a pattern that the whole of `family/benchmark` must match
    axis: str
    along: str  # what the axis of points says
    operation: str  # what one operation is, as a sentence
    panels: Sequence[tuple[str, str]] = ()
    panel_axis: str = ""  # an axis whose points are panels
    basis: Basis = as_measured
    name: Names | None = None

    @property
    def NEEDS(self) -> str:  # noqa: N802 - as a module's
        """What was missing where it can't be drawn."""
        return f"no case that it shows was measured at two points of {self.along} or more"

    def table(self, result_set: ResultSet) -> pd.DataFrame:
        """Return the cost of each benchmark at each point."""
        measured, cases = (
            rows[(rows["family"] + "/" + rows["benchmark"]).str.fullmatch(self.benchmarks)]
            for rows in (result_set.estimates, result_set.cases)
        )
        found = line_table.table(
            measured, cases, self.axis, self.panels, self.basis, self.name, self.panel_axis
        )
        return found if line_table.sweeps(found) else found.iloc[:0]

    def draw(self, rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
        """Draw the table."""
        return lines.draw(rows, self.along, width)

    def caption(self, rows: pd.DataFrame) -> str:
        """Say what the figure shows."""
        return f"{self.operation} {basis_note(rows)} {interval_note(rows)}"

    def alt(self, rows: pd.DataFrame) -> str:
        """Say in words what can be seen."""
        return line_table.alt(rows, self.along, "the cost of one operation")
