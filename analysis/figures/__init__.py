"""The figures: each a table of a shelf, drawn, with caption and alternative text."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from ..shelf import Shelf
from . import ceiling, kernels, pages, per_page, phases, primitives, switch, switch_pages, threads
from .chart import Chart, Missing

__all__ = ["FIGURES", "Chart", "Missing", "chart", "charts"]

FIGURES: Sequence[ModuleType] = (
    switch,
    switch_pages,
    pages,
    per_page,
    ceiling,
    kernels,
    threads,
    phases,
    primitives,
)


def charts(shelf: Shelf) -> list[Chart | Missing]:
    """Draw every figure that a shelf has data for."""
    return [chart(figure, shelf) for figure in FIGURES]


def chart(figure: ModuleType, shelf: Shelf) -> Chart | Missing:
    """Draw one figure, or say why it can't be drawn."""
    rows = figure.table(shelf)
    drawn = figure.draw(rows)
    if drawn is None:
        return Missing(figure.NAME, figure.TITLE, f"Not drawn: {figure.NEEDS}.")
    return Chart(figure.NAME, figure.TITLE, drawn, rows, figure.caption(rows), figure.alt(rows))
