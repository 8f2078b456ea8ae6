"""The step where Linux stops flushing page by page."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ..derive import flush_ceiling, line_table
from ..estimate.result_set import ResultSet
from . import flush_mark, lines, pages, style
from .chart import interval_note

NAME = "flush-ceiling"
TITLE = "Around the flush ceiling"
NEEDS = "no case of the family protect was measured at both 33 and 34 pages"
NEIGHBOURHOOD = range(16, 65)


def table(result_set: ResultSet) -> pd.DataFrame:
    """Return the cost of each change of protection from half to twice the ceiling."""
    found = pages.table(result_set)
    changes = found[found["panel"] != pages.TOUCH]
    near = changes[changes["point"].isin(NEIGHBOURHOOD)]
    return near if flush_ceiling.has_step(near) else near.iloc[:0]


def draw(rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
    """Draw the table."""
    return lines.draw(rows, "pages", width, ticks=_ticks(rows), decorate=flush_mark.mark)


def _ticks(rows: pd.DataFrame) -> list[int]:
    points = {int(point) for point in rows["point"]}
    if points == {flush_ceiling.CEILING, flush_ceiling.CEILING + 1}:
        return sorted(points)
    return [tick for tick in (16, flush_ceiling.CEILING, 48, 64) if tick in points]


def caption(rows: pd.DataFrame) -> str:
    """Say what the figure shows."""
    return f"One operation is one call. {flush_mark.note(rows)} {interval_note(rows)}"


def alt(rows: pd.DataFrame) -> str:
    """Say in words what can be seen."""
    return line_table.alt(rows, "pages", "the cost of one change of protection")
