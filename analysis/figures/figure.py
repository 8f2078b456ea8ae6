"""Define what a figure is, and the common kinds of figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import pandas as pd
from matplotlib.figure import Figure as Drawing

from ..derive.ratio_table import Controls, of_cases
from ..estimate.cost_basis import basis_note
from ..estimate.result_set import ResultSet
from . import captions
from .drawing import dots, lines, ratio_axis

Table: TypeAlias = Callable[[ResultSet], pd.DataFrame]
Draw: TypeAlias = Callable[[pd.DataFrame, float], Drawing | None]
Text: TypeAlias = Callable[[pd.DataFrame], str]


@dataclass(frozen=True)
class Figure:
    """A declared figure: a table of a result set, how it is drawn, and what is said about it."""

    name: str  # of its files, and what a user asks for
    title: str  # its heading on a page
    needs: str  # what was missing where it can't be drawn
    table: Table  # from `derive`, with the COLUMNS of line_table, dot_table or ratio_table
    draw: Draw  # table and width in inches → drawing; None where there is nothing to draw
    caption: Text  # what the figure shows, and how it was made
    alt: Text  # what can be seen, in words


def sweep(
    *, name: str, title: str, table: Table, along: str, operation: str, needs: str = ""
) -> Figure:
    """Return a figure of costs along an axis; `along` says what the points of the axis are."""
    return Figure(
        name=name,
        title=title,
        needs=needs or f"none of its cases was measured at two points of {along} or more",
        table=table,
        draw=partial(lines.draw, along=along),
        caption=captions.of(operation, basis_note, captions.interval_note),
        alt=partial(captions.alt_of_lines, along=along, cost="the cost of one operation"),
    )


def listing(
    *,
    name: str,
    title: str,
    table: Table,
    operation: str | Text,
    needs: str = "none of its cases was measured",
) -> Figure:
    """Return a figure of a few named costs, a row for each."""
    return Figure(
        name=name,
        title=title,
        needs=needs,
        table=table,
        draw=dots.draw,
        caption=captions.of(operation, basis_note, captions.interval_note),
        alt=captions.alt_of_dots,
    )


def ratios(
    *,
    name: str,
    title: str,
    cases: str,
    controls: Controls,
    control: str,
    operation: str,
    rates: bool = False,
) -> Figure:
    """Return a figure of each case's cost divided by its control case's.

    `cases` is a regular expression for whole names of cases; `control` names the control cases in
    words. With `rates`, operations a second are shown as well.
    """
    return Figure(
        name=name,
        title=title,
        needs=f"none of its cases was measured together with {control}",
        table=partial(of_cases, cases=cases, controls=controls, rates=rates),
        draw=partial(ratio_axis.draw, control=control),
        caption=captions.of(
            operation,
            f"Each cost is divided by the cost of {control}: the dotted line at 1.",
            captions.rate_note,
            captions.ratio_interval_note,
            captions.control_costs,
        ),
        alt=partial(captions.alt_of_ratios, control=control),
    )
