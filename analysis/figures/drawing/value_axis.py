"""Scale and label axes of times, cycles, counts and other values."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
)

from ... import formatting
from ...derive.row_kinds import quantity

FEW_DECADES = 2  # a shorter log axis has labels between its decades too
MOST_DECADES = 4  # on a longer log axis ticks between the decades run together
NARROW = 5  # inches: a narrower figure has room for a few ticks only
LONGEST_LINE = 32  # characters of a label beside a panel
WIDEST_LINEAR = 20  # beyond this ratio an axis from zero hides what is small


def is_wide(table: pd.DataFrame) -> bool:
    """Report whether the values of a table need a logarithmic axis."""
    values = table["value"].dropna()
    return bool(values.max() > WIDEST_LINEAR * values.min())


def value_axis(
    axis: Axis,
    axes: Axes,
    table: pd.DataFrame,
    log: bool,
    per: str = "",
    room: float = 0.2,
    label: str = "",
) -> float:
    """Scale and label the axis of values, from zero or by decades; return the size of its unit.

    A value is divided by that size before it is drawn. `per` says what the costs are per, if not an
    operation. `label` replaces the whole label where the values are no cost. `room` is the share of
    a horizontal axis that is left for text beyond the largest value.
    """
    values = pd.concat([table["value"], table["low"], table["high"]]).dropna()
    values = values[values > 0] if log else values
    plain = quantity(table) != "time" or bool(label)
    scale, unit = (1.0, "") if plain or log else formatting.time_unit(float(values.max()))
    horizontal = isinstance(axis, XAxis)
    text = label or _label(table, unit, log, per)
    axis.set_label_text(text if horizontal else "\n".join(_broken(text)))
    if not log:
        limit = float(values.max()) / scale * (1 / (1 - room) if horizontal else 1.08)
        (axes.set_xlim if horizontal else axes.set_ylim)(0, limit)
        axis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:,.10g}"))
        if horizontal:  # half of a label at the edge would lie beyond it
            narrow = axes.get_figure(root=True).get_figwidth() < NARROW  # type: ignore[union-attr]
            ticks = MaxNLocator(4 if narrow else 8).tick_values(0, limit)
            axis.set_major_locator(FixedLocator([tick for tick in ticks if tick <= 0.95 * limit]))
        return scale
    (axes.set_xscale if horizontal else axes.set_yscale)("log")
    low, high = float(values.min()) / 1.3, float(values.max()) * 1.3
    if horizontal:
        high *= (high / low) ** (room / (1 - room))
    (axes.set_xlim if horizontal else axes.set_ylim)(low, high)
    few = math.log10(high / low) < FEW_DECADES
    narrow = horizontal and axes.get_figure(root=True).get_figwidth() < NARROW  # type: ignore[union-attr]
    subs = (1.0, 2.0, 5.0) if few and not narrow else (1.0,)
    axis.set_major_locator(LogLocator(subs=subs, numticks=5 if narrow else 12))
    show = _plain if plain else _round_time
    axis.set_major_formatter(FuncFormatter(lambda tick, _: show(tick)))
    between_decades(axis, low, high)
    return scale


def between_decades(axis: Axis, low: float, high: float) -> None:
    """Set ticks without labels between the decades of a log axis, where there is room for them."""
    axis.set_minor_formatter(NullFormatter())
    if math.log10(high / low) > MOST_DECADES:
        axis.set_minor_locator(NullLocator())


def _broken(text: str) -> Iterator[str]:
    """Give a label in lines that fit beside a panel."""
    for line in text.split("\n"):
        yield from textwrap.wrap(line, LONGEST_LINE)


def _plain(number: float) -> str:
    """Return a number without an exponent."""
    return f"{number:,.10f}".rstrip("0").rstrip(".")


def _round_time(seconds: float) -> str:
    size, unit = formatting.time_unit(seconds)
    return f"{seconds / size:.3g} {unit}"


def _label(table: pd.DataFrame, unit: str, log: bool, per: str) -> str:
    of = per or "operation"
    scale = ", log scale" if log else ""
    return f"{quantity(table)} per {of}{f' ({unit})' if unit else ''}{scale}\nlower is better"
