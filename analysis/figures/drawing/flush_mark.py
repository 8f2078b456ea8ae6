"""Mark the step at which Linux stops flushing page by page, and explain the mark."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from ...derive.flush_ceiling import CEILING, has_step
from . import style


def mark(axes: Axes, rows: pd.DataFrame) -> None:
    """Mark the step on axes that show both of its sides."""
    if not has_step(rows):
        return
    axes.axvline(CEILING + 0.5, color=style.MARK, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    axes.annotate(
        "33 | 34",
        (CEILING + 0.5, 1),
        (2, -1),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        va="top",
        fontsize=style.SMALLEST,
        color=style.MARK,
    )


def note(rows: pd.DataFrame) -> str:
    """Explain the mark, "" where there is none."""
    if not has_step(rows):
        return ""
    return (
        "The dotted line is between 33 and 34 pages. Up to 33 pages Linux flushes page by page; "
        "above it flushes the whole TLB at once (tlb_single_page_flush_ceiling, 33 unless changed)."
    )
