"""Declare the figures of changing protection by number of pages."""

from __future__ import annotations

from functools import partial

import pandas as pd
from matplotlib.figure import Figure as Drawing

from ...derive import flush_ceiling, protect_pages
from .. import captions
from ..drawing import flush_mark, lines
from ..figure import Figure

NEEDS = "no case of the family protect was measured at two numbers of pages or more"


def _operation(rows: pd.DataFrame) -> str:
    """Say what one operation is."""
    if protect_pages.TOUCH not in set(rows["panel"]):
        return "One operation is one call."
    return (
        "One operation is one call, or one first access to each page after it; touch-steady and "
        "touch-steady-load are the second access."
    )


PAGES = Figure(
    name="pages",
    title="Changing protection, by direction and number of pages",
    needs=NEEDS,
    table=protect_pages.by_pages,
    draw=partial(lines.draw, along="pages", decorate=flush_mark.mark),
    caption=captions.of(
        _operation, "Costs are as measured.", captions.interval_note, flush_mark.note
    ),
    alt=partial(captions.alt_of_lines, along="pages", cost="the cost of one change of protection"),
)

PER_PAGE = Figure(
    name="per-page",
    title="Changing protection, cost per page",
    needs=NEEDS,
    table=protect_pages.divided_by_pages,
    draw=partial(lines.draw, along="pages", per="page", decorate=flush_mark.mark),
    caption=captions.of(
        _operation,
        "Its cost is divided by the number of pages. Costs are as measured.",
        captions.interval_note,
        flush_mark.note,
    ),
    alt=partial(
        captions.alt_of_lines,
        along="pages",
        cost="the cost per page of one change of protection",
    ),
)


def _draw_ceiling(rows: pd.DataFrame, width: float) -> Drawing | None:
    points = {int(point) for point in rows["point"]}
    ceiling = flush_ceiling.CEILING
    if points == {ceiling, ceiling + 1}:
        ticks = sorted(points)
    else:
        ticks = [tick for tick in (16, ceiling, 48, 64) if tick in points]
    return lines.draw(rows, width, along="pages", ticks=ticks, decorate=flush_mark.mark)


FLUSH_CEILING = Figure(
    name="flush-ceiling",
    title="Around the flush ceiling",
    needs="no case of the family protect was measured at both 33 and 34 pages",
    table=flush_ceiling.around_ceiling,
    draw=_draw_ceiling,
    caption=captions.of("One operation is one call.", flush_mark.note, captions.interval_note),
    alt=partial(captions.alt_of_lines, along="pages", cost="the cost of one change of protection"),
)
