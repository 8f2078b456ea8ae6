"""Figures: a result set in, drawings with caption, alternative text and data out."""

from __future__ import annotations

from collections.abc import Sequence

from ..derive.published_overlay import with_published
from ..estimate.result_set import ResultSet
from . import captions
from .chart import Chart, Missing
from .declared.applications import APPLICATIONS, KERNEL, PHASES
from .declared.breakeven import AFFORDABLE, BREAKEVEN
from .declared.domains import DOMAINS, KEYS
from .declared.faults import FAULTS, TRACKING
from .declared.instructions import CYCLES, PRIMITIVES, SHADOW
from .declared.kernels import KERNELS
from .declared.page_kinds import BACKING, KINDS, RESIDENCY, SHARED
from .declared.pages import FLUSH_CEILING, PAGES, PER_PAGE
from .declared.switching import RATE, SWITCH, SWITCH_PAGES
from .declared.threads import READERS, REVOKE, SIBLINGS, SLOTS, THREADS
from .drawing import style
from .figure import Figure

__all__ = ["FIGURES", "Chart", "Figure", "Missing", "chart"]

# In the order of a report.
FIGURES: Sequence[Figure] = (
    SWITCH,
    SWITCH_PAGES,
    BREAKEVEN,
    AFFORDABLE,
    RATE,
    PAGES,
    PER_PAGE,
    FLUSH_CEILING,
    KINDS,
    BACKING,
    SHARED,
    RESIDENCY,
    KERNELS,
    THREADS,
    SIBLINGS,
    READERS,
    SLOTS,
    REVOKE,
    KEYS,
    DOMAINS,
    FAULTS,
    TRACKING,
    KERNEL,
    APPLICATIONS,
    PHASES,
    PRIMITIVES,
    CYCLES,
    SHADOW,
)


def chart(
    figure: Figure, result_set: ResultSet, width: float = style.TWO_COLUMNS, published: bool = False
) -> Chart | Missing:
    """Draw one figure, `width` inches wide, or return the reason why it can't be drawn.

    With `published`, figures that others published of the same cases are drawn over it.
    """
    rows = figure.table(result_set)
    if published and not rows.empty:
        rows = with_published(rows)
    drawing = figure.draw(rows, width)
    if drawing is None:
        return Missing(figure.name, figure.title, f"Not drawn: {figure.needs}.")
    caption = captions.of(figure.caption, captions.missing_note, captions.published_note)(rows)
    return Chart(figure.name, figure.title, drawing, rows, caption, figure.alt(rows))
