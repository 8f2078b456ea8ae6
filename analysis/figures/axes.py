"""Axes that show times and instruction counts."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from .. import words
from .chart import quantity

FEW_DECADES = 2  # a log axis shorter than this is labelled between its decades too


def value_axis(axis: Axis, axes: Axes, table: pd.DataFrame, log: bool, per: str = "") -> float:
    """Scale the axis of values, from zero or by decades; return what a value is divided by."""
    values = table["value"].dropna()
    exact = quantity(table) == "instructions"
    scale, unit = (1.0, "") if exact or log else words.time_unit(float(values.max()))
    axis.set_label_text(_label(table, unit, log, per))
    horizontal = isinstance(axis, XAxis)
    if not log:
        limit = float(values.max()) / scale * (1.2 if horizontal else 1.08)
        (axes.set_xlim if horizontal else axes.set_ylim)(0, limit)
        axis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:,.10g}"))
        return scale
    (axes.set_xscale if horizontal else axes.set_yscale)("log")
    low, high = float(values.min()), float(values.max())
    room = (high / low) ** 0.15 if horizontal else (high / low) ** 0.04
    (axes.set_xlim if horizontal else axes.set_ylim)(low / 1.3, high * max(1.3, room * 1.2))
    few = math.log10(high / low) < FEW_DECADES
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=12))
    show = words.instructions if exact else _round_time
    axis.set_major_formatter(FuncFormatter(lambda tick, _: show(tick)))
    axis.set_minor_formatter(NullFormatter())
    return scale


def _round_time(seconds: float) -> str:
    size, unit = words.time_unit(seconds)
    return f"{seconds / size:.3g} {unit}"


def _label(table: pd.DataFrame, unit: str, log: bool, per: str) -> str:
    of = per or "operation"
    scale = ", log scale" if log else ""
    return f"{quantity(table)} per {of}{f' ({unit})' if unit else ''}{scale}; lower is better"
