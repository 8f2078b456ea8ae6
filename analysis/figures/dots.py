"""Horizontal figures of a few named costs: bars from zero, or points on a log axis."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import words
from . import axes as scales
from . import style
from .chart import is_exact

WIDEST_FOR_BARS = 20  # beyond this ratio a bar chart hides its short bars
ROW = 0.3  # inches


def draw(table: pd.DataFrame) -> Figure | None:
    """Draw a row per label, within it a mark per machine.

    The table has machine, label, what (estimate, process or missing), value, low, high, unit, note.
    """
    estimates = table[table["what"] == "estimate"]
    if estimates.empty:
        return None
    with style.settings():
        labels = list(dict.fromkeys(table["label"]))
        machines = list(dict.fromkeys(table["machine"]))
        rows = len(labels) * len(machines)
        figure = Figure(figsize=(style.TWO_COLUMNS, 0.9 + ROW * max(rows, 3)), layout="constrained")
        axes = figure.subplots()
        log = estimates["value"].max() > WIDEST_FOR_BARS * estimates["value"].min()
        scale = scales.value_axis(axes.xaxis, axes, table, log)
        axes.grid(visible=False, axis="y")
        for place, machine in enumerate(machines):
            offset = (place - (len(machines) - 1) / 2) * 0.8 / len(machines)
            rows_of = table[table["machine"] == machine]
            _machine(axes, rows_of, labels, place, offset, scale, log)
        axes.set_yticks(range(len(labels)), [style.label(label) for label in labels])
        axes.set_ylim(len(labels) - 0.4, -0.6)
        if len(machines) > 1:
            figure.legend(loc="outside upper left", ncols=min(3, len(machines)))
        return style.settle(figure)


def _machine(
    axes: Axes,
    rows: pd.DataFrame,
    labels: list[str],
    place: int,
    offset: float,
    scale: float,
    log: bool,
) -> None:
    estimates = rows[rows["what"] == "estimate"]
    heights = [labels.index(label) + offset for label in estimates["label"]]
    values = estimates["value"] / scale
    name = style.label(str(rows["machine"].iloc[0]))
    colour = style.colour(place)
    if not log:
        height = 0.7 / max(1, round(0.8 / abs(offset * 2))) if offset else 0.6
        axes.barh(
            heights,
            values,
            height=height,
            color=colour,
            alpha=0.35,
            edgecolor=colour,
            hatch=style.hatch(place),
        )
    axes.plot(values, heights, style.marker(place), color=colour, label=name, zorder=4)
    _intervals(axes, estimates, heights, scale, colour)
    _process_points(axes, rows, labels, offset, scale, colour)
    for height, (_, row) in zip(heights, estimates.iterrows(), strict=True):
        right = row["value"] if pd.isna(row["high"]) else row["high"]
        text = words.cost(row["value"], row["unit"])
        axes.annotate(
            text,
            (right / scale, height),
            (6, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
        )
    for _, row in rows[rows["what"] == "missing"].iterrows():
        height = labels.index(row["label"]) + offset
        axes.annotate(
            style.label(str(row["note"]), 90),
            (0, height),
            (4, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            fontsize=6.5,
            style="italic",
            color=colour,
        )


def _intervals(
    axes: Axes, estimates: pd.DataFrame, heights: list[float], scale: float, colour: str
) -> None:
    if is_exact(estimates):
        return
    for height, low, high in zip(heights, estimates["low"], estimates["high"], strict=True):
        if pd.notna(low):
            axes.plot([low / scale, high / scale], [height, height], "-|", color=colour, zorder=3)


def _process_points(
    axes: Axes, rows: pd.DataFrame, labels: list[str], offset: float, scale: float, colour: str
) -> None:
    points = rows[rows["what"] == "process"]
    heights = [labels.index(label) + offset + 0.13 for label in points["label"]]
    axes.plot(
        points["value"] / scale, heights, ".", color=colour, alpha=0.5, markersize=2.5, zorder=2
    )
