"""Declare the figures of opening and closing a region: the ways, by its size, and by rate."""

from __future__ import annotations

from functools import partial

import pandas as pd
from matplotlib.figure import Figure as Drawing

from ... import formatting
from ...derive import switch
from ...derive.row_kinds import is_exact
from ...estimate.cost_basis import basis_note
from .. import captions
from ..drawing import flush_mark, lines
from ..figure import Figure, listing


def _size(rows: pd.DataFrame) -> str:
    """Return the region size of a table's cases in words: ` of 1 page`; "" where none has one."""
    pages = rows["case"].str.extract(r"/pages:(\d+)")[0].dropna()
    return f" of {formatting.count(int(pages.iloc[0]), 'page')}" if len(pages) else ""


SWITCH = listing(
    name="switch",
    title=switch.TITLE,
    needs="no case of the family switch was measured",
    table=switch.table,
    operation=lambda rows: (
        f"One operation opens a region{_size(rows)} for writing, stores to it and closes it again."
    ),
)

SWITCH_PAGES = Figure(
    name="switch-pages",
    title="Opening and closing a region, by its size",
    needs="no case of the family switch was measured at two region sizes or more",
    table=switch.by_size,
    draw=partial(lines.draw, along="pages in the region", decorate=flush_mark.mark),
    caption=captions.of(
        "One operation opens the region for writing, stores to it and closes it again.",
        basis_note,
        captions.interval_note,
        flush_mark.note,
    ),
    alt=partial(
        captions.alt_of_lines, along="pages in the region", cost="the cost of opening and closing"
    ),
)


def _rate(rows: pd.DataFrame) -> str:
    return "switches per billion instructions" if is_exact(rows) else "switches per second"


def _draw_rate(rows: pd.DataFrame, width: float) -> Drawing | None:
    what = "instructions" if is_exact(rows) else "time"
    label = f"{what} added to the program (%), log scale\nlower is better"
    return lines.draw(rows, width, along=_rate(rows), log=True, decades=True, label=label)


RATE = Figure(
    name="rate",
    title="What switching adds to a program, by its rate",
    needs="no case of switch/rate-wrpkru or rate-mprotect was measured together with "
    "switch/rate-work",
    table=switch.overhead_by_rate,
    draw=_draw_rate,
    caption=captions.of(
        "A program works for a while, opens a page, stores the result and closes the page, over "
        "and over. It is compared with the same program without opening and closing. A switch is "
        "one opening and one closing.",
        captions.interval_note,
    ),
    alt=lambda rows: captions.alt_of_lines(rows, _rate(rows), "the time added to a program"),
)
