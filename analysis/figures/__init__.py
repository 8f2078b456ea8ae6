"""The figures: each a table of a result set, drawn, with caption and alternative text."""

from __future__ import annotations

from collections.abc import Sequence

from ..estimate.result_set import ResultSet
from . import (
    affordable,
    breakeven,
    ceiling,
    kernels,
    overlay,
    pages,
    per_page,
    phases,
    primitives,
    rate,
    style,
    switch,
    switch_pages,
    threads,
)
from .applications import APPLICATIONS, KERNEL, SHADOW
from .chart import Chart, Missing, missing_note
from .crowd import READERS, REVOKE, SIBLINGS
from .cycles import CYCLES
from .domains import DOMAINS, KEYS
from .faults import FAULTS, TRACKING
from .figure import Figure
from .kinds import BACKING, KINDS, RESIDENCY

__all__ = ["FIGURES", "Chart", "Figure", "Missing", "chart"]

FIGURES: Sequence[Figure] = (
    switch,
    switch_pages,
    breakeven,
    affordable,
    rate,
    pages,
    per_page,
    ceiling,
    KINDS,
    BACKING,
    RESIDENCY,
    kernels,
    threads,
    SIBLINGS,
    READERS,
    REVOKE,
    KEYS,
    DOMAINS,
    FAULTS,
    TRACKING,
    KERNEL,
    APPLICATIONS,
    phases,
    primitives,
    CYCLES,
    SHADOW,
)


def chart(
    figure: Figure, result_set: ResultSet, width: float = style.TWO_COLUMNS, published: bool = False
) -> Chart | Missing:
    """Draw one figure, so many inches wide, or say why it can't be drawn.

    With `published`, what others published of the same cases is laid over it.
    """
    rows = figure.table(result_set)
    if published and not rows.empty:
        rows = overlay.laid_over(rows)
    drawn = figure.draw(rows, width)
    if drawn is None:
        return Missing(figure.NAME, figure.TITLE, f"Not drawn: {figure.NEEDS}.")
    notes = (figure.caption(rows), missing_note(rows), overlay.note(rows))
    caption = " ".join(filter(None, notes))
    return Chart(figure.NAME, figure.TITLE, drawn, rows, caption, figure.alt(rows))
