"""The step where Linux stops flushing page by page."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..shelf import Shelf
from . import along, lines, pages, style
from .chart import estimates, interval_note

NAME = "flush-ceiling"
TITLE = "Around the flush ceiling"
NEEDS = "no case of the family protect was measured at both 33 and 34 pages"
# arch/x86/mm/tlb.c: tlb_single_page_flush_ceiling, 33 unless set otherwise in debugfs. Above it
# the kernel flushes the whole TLB instead of page by page.
CEILING = 33
NEIGHBOURHOOD = range(16, 65)


def table(shelf: Shelf) -> pd.DataFrame:
    """Return the cost of each change of protection from half to twice the ceiling."""
    found = pages.table(shelf)
    changes = found[found["panel"] != pages.TOUCH]
    near = changes[changes["point"].isin(NEIGHBOURHOOD)]
    return near if has_step(near) else near.iloc[:0]


def draw(rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
    """Draw the table."""
    return lines.draw(rows, "pages", width, ticks=_ticks(rows), decorate=mark)


def _ticks(rows: pd.DataFrame) -> list[int]:
    points = {int(point) for point in rows["point"]}
    if points == {CEILING, CEILING + 1}:
        return sorted(points)
    return [tick for tick in (16, CEILING, 48, 64) if tick in points]


def caption(rows: pd.DataFrame) -> str:
    """Say what the figure shows."""
    return f"One operation is one call. {note(rows)} {interval_note(rows)}"


def alt(rows: pd.DataFrame) -> str:
    """Say in words what can be seen."""
    return along.alt(rows, "pages", "the cost of one change of protection")


def has_step(rows: pd.DataFrame) -> bool:
    """Tell whether the table has points on both sides of the step."""
    return {CEILING, CEILING + 1} <= {int(point) for point in estimates(rows)["point"]}


def mark(axes: Axes, rows: pd.DataFrame) -> None:
    """Mark the step on axes that show both its sides."""
    if not has_step(rows):
        return
    axes.axvline(CEILING + 0.5, color="#555555", linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    axes.annotate(
        "33 | 34",
        (CEILING + 0.5, 1),
        (2, -1),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        va="top",
        fontsize=style.SMALLEST,
        color="#555555",
    )


def note(rows: pd.DataFrame) -> str:
    """Explain the mark, where there is one."""
    if not has_step(rows):
        return ""
    return (
        "The dotted line stands between 33 and 34 pages: up to 33 Linux flushes page by page, "
        "above it the whole TLB at once (tlb_single_page_flush_ceiling, 33 unless changed)."
    )
