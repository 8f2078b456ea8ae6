"""Declare the figures of the share of a CPU that switching takes."""

from __future__ import annotations

from functools import partial

import pandas as pd
from matplotlib.axes import Axes

from ... import formatting
from ...derive import cpu_share
from ...derive.row_kinds import estimates
from .. import captions
from ..drawing import lines, style
from ..figure import Figure

NEEDS = (
    "no opening and closing of a region was measured as time; instruction counts give no share of "
    "a CPU"
)
REFERENCE = 1.0  # per cent: an overhead that most programs accept


def _alt(rows: pd.DataFrame) -> str:
    """Say what the highest rate below a full CPU takes, for each line."""
    known = estimates(rows)
    known = known[known["value"] <= 100]
    parts = [
        f"{series} of {panel} {formatting.figures(value)} % at {point:,.0f} switches a second "
        f"({machine})"
        for machine, panel, series, point, value in known.loc[
            known.groupby(["machine", "panel", "series"], sort=False)["point"].idxmax(),
            ["machine", "panel", "series", "point", "value"],
        ].itertuples(index=False)
    ]
    return f"Lines of the share of a CPU against switches per second. {'; '.join(parts)}."


def _reference(axes: Axes, _: pd.DataFrame) -> None:
    axes.axhline(REFERENCE, color=style.MARK, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)


BREAKEVEN = Figure(
    name="breakeven",
    title="Which way costs least, and how much of a CPU it takes",
    needs=NEEDS,
    table=cpu_share.by_rate,
    draw=partial(
        lines.draw,
        along="switches per second",
        log=True,
        decades=True,
        label="share of one CPU (%), log scale\nlower is better",
        side_by_side=True,
        decorate=_reference,
    ),
    caption=captions.of(
        "A switch opens a region of so many pages for writing, stores to it and closes it again. "
        "The share of a CPU is the rate of switches times the measured cost of one. ERIM reports "
        "the cost in the same way (USENIX Security 2019). A line ends where a CPU is full. The "
        "dotted line is at 1 %.",
        captions.interval_note,
        captions.assumed_note,
    ),
    alt=_alt,
)

AFFORDABLE = Figure(
    name="affordable",
    title="How often a region may be switched for 1 % of a CPU",
    needs=NEEDS,
    table=cpu_share.affordable_by_size,
    draw=partial(
        lines.draw,
        along="pages in the region",
        log=True,
        label="switches per second that take 1 % of a CPU, log scale\nhigher is better",
    ),
    caption=captions.of(
        "A switch opens a region for writing, stores to it and closes it again. At the rate shown, "
        "switching takes 1 % of a CPU; below a line it takes less, above it more. The rate is 0.01 "
        "divided by the measured cost of one switch.",
        captions.interval_note,
        captions.assumed_note,
    ),
    alt=partial(
        captions.alt_of_lines, along="pages in the region", cost="the affordable rate of switches"
    ),
)
