"""Costs along an axis: a row of panels per kind of operation, a column per machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import axes as scales
from . import style
from .chart import is_exact

Decoration = Callable[[Axes, pd.DataFrame], None]
PANEL_HEIGHT = 2.1  # inches
NARROWEST_PANEL = 2.4


def draw(
    table: pd.DataFrame,
    along: str,
    log: bool = True,
    per: str = "",
    ticks: Sequence[int] = (),
    decorate: Decoration | None = None,
) -> Figure | None:
    """Draw lines with interval bands.

    The table has machine, panel, series, point, value, low, high, unit.
    """
    if table.empty:
        return None
    with style.settings():
        machines = list(dict.fromkeys(table["machine"]))
        panels = list(dict.fromkeys(table["panel"]))
        width = max(style.TWO_COLUMNS, 1.6 + NARROWEST_PANEL * len(machines))
        size = (width, 0.5 + PANEL_HEIGHT * len(panels))
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(len(panels), len(machines), sharex=True, sharey=True, squeeze=False)
        scale = scales.value_axis(grid[0, 0].yaxis, grid[0, 0], table, log, per)
        label = grid[0, 0].get_ylabel()
        grid[0, 0].set_ylabel("")
        figure.supylabel(label, fontsize=8)
        for row, panel in enumerate(panels):
            series = list(dict.fromkeys(table.loc[table["panel"] == panel, "series"]))
            for column, machine in enumerate(machines):
                here = table[(table["panel"] == panel) & (table["machine"] == machine)]
                axes = grid[row, column]
                _panel(axes, here, series, scale)
                axes.set_title(_title(panel, machine, len(panels), len(machines)))
                if decorate is not None:
                    decorate(axes, here)
            _legend(grid[row, -1], series)
        _point_axis(grid[0, 0], table, ticks)
        for axes in grid[-1]:
            axes.set_xlabel(along)
        return style.settle(figure)


def _panel(axes: Axes, rows: pd.DataFrame, series: list[str], scale: float) -> None:
    if rows.empty:
        axes.text(
            0.5, 0.5, "not measured here", transform=axes.transAxes, ha="center", style="italic"
        )
    for place, name in enumerate(series):
        line = rows[rows["series"] == name].sort_values("point")
        x = line["point"].to_numpy(dtype=float)
        axes.plot(x, line["value"] / scale, **style.line(place))
        if not is_exact(rows) and line["low"].notna().any():
            axes.fill_between(
                x,
                line["low"] / scale,
                line["high"] / scale,
                alpha=0.25,
                color=style.colour(place),
                linewidth=0,
            )


def _title(panel: str, machine: str, panels: int, machines: int) -> str:
    parts = [panel] * bool(panel and (panels > 1 or machines == 1))
    parts += [style.label(machine, 30)] * (machines > 1)
    return "\n".join(parts)


def _legend(axes: Axes, series: list[str]) -> None:
    """Put the legend beside the row; a machine may lack a series, so the keys are made afresh."""
    keys = [
        axes.plot([], [], **style.line(place), label=style.label(name))[0]
        for place, name in enumerate(series)
    ]
    axes.legend(handles=keys, loc="center left", bbox_to_anchor=(1.01, 0.5))


def _point_axis(axes: Axes, table: pd.DataFrame, ticks: Sequence[int]) -> None:
    points = sorted({int(point) for point in table["point"]})
    if len(points) == 1 or ticks:
        axes.set_xticks(ticks or points, [f"{point:,}" for point in ticks or points])
        axes.minorticks_off()
    else:
        style.powers_of_two(axes, points)
