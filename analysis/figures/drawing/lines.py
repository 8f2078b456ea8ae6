"""Draw costs along an axis: panels for each kind of operation and machine, a line per operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from ...derive.published_overlay import sources
from ...derive.row_kinds import ASSUMED, ESTIMATE, PUBLISHED, estimates, is_exact
from . import line_legend, published_marks, style, value_axis
from .line_panels import Panel, arrange, assumed, known

Decoration = Callable[[Axes, pd.DataFrame], None]
PANEL_HEIGHT = 2.1  # inches
LEGEND_LINE = 0.135  # inches


def draw(
    table: pd.DataFrame,
    width: float,
    *,
    along: str,
    log: bool | None = None,
    per: str = "",
    ticks: Sequence[int] = (),
    decades: bool = False,
    label: str = "",
    side_by_side: bool = False,
    decorate: Decoration | None = None,
) -> Figure | None:
    """Draw a table of `line_table.COLUMNS`, `width` inches wide; None where it has no estimate.

    `along` says what the points are. The axis of values is logarithmic as `log` says; by default,
    where the values need it. `per` says what a cost is per, if not an operation; `label` replaces
    the label of values that are no cost. The axis of points has ticks at powers of two, at `ticks`,
    or with `decades` at powers of ten. Panels of the table stand below each other, or with
    `side_by_side` beside each other. `decorate` is called with each panel's axes and estimates.
    """
    if estimates(table).empty:
        return None
    ours = table[table["what"] != PUBLISHED]
    theirs = table[table["what"] == PUBLISHED]
    cells = arrange(ours, width, side_by_side)
    columns = max(map(len, cells))
    beside = width >= style.TWO_COLUMNS and columns == 1
    with style.settings():
        figure = Figure(
            figsize=(width, _height(cells, beside, len(sources(theirs)))),
            layout="constrained",
        )
        grid = figure.subplots(len(cells), columns, sharex=True, sharey=True, squeeze=False)
        wide = value_axis.is_wide(estimates(table)) if log is None else log
        scale = value_axis.value_axis(
            grid[0, 0].yaxis, grid[0, 0], _shown(table), wide, per, label=label
        )
        if len(cells) > 1:
            *broken, better = grid[0, 0].get_ylabel().split("\n")  # it was broken for one panel
            figure.supylabel("\n".join(filter(None, (" ".join(broken), better))), fontsize=8)
            grid[0, 0].set_ylabel("")
        for row, line in enumerate(cells):
            for column, cell in enumerate(line):
                _panel(grid[row, column], cell, scale)
                over = _within(theirs, cell)
                published_marks.draw_lines(grid[row, column], over, sources(theirs), scale)
                if decorate is not None:
                    decorate(grid[row, column], estimates(cell.rows))
                if cell.legend:
                    keys = line_legend.keys(grid[row, column], cell)
                    keys += published_marks.draw_keys(grid[row, column], sources(over))
                    line_legend.legend(grid[row, column], keys, beside, row == len(cells) - 1)
            for axes in grid[row, len(line) :]:
                axes.set_axis_off()
        _point_axis(grid[0, 0], estimates(table), ticks, decades)
        for column in range(columns):
            lowest = max(row for row, line in enumerate(cells) if column < len(line))
            grid[lowest, column].set_xlabel(along)
            grid[lowest, column].tick_params(labelbottom=True)
        line_legend.remarks(grid, cells)
        return style.settle(figure)


def _within(theirs: pd.DataFrame, cell: Panel) -> pd.DataFrame:
    """Return the published figures that belong to a panel: those of its cases."""
    return theirs[
        theirs["series"].isin(cell.rows["series"]) & theirs["panel"].isin(cell.rows["panel"])
    ]


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["what"].isin((ESTIMATE, ASSUMED, PUBLISHED))]


def _height(cells: Sequence[Sequence[Panel]], beside: bool, theirs: int) -> float:
    lines = [
        0 if beside else max((len(c.coloured) + 1 + theirs) * c.legend for c in line)
        for line in cells
    ]
    return 0.6 + PANEL_HEIGHT * len(cells) + LEGEND_LINE * sum(lines)


def _panel(axes: Axes, cell: Panel, scale: float) -> None:
    axes.set_title(cell.title)
    rows = estimates(cell.rows)
    guessed, measured = assumed(cell.rows), known(cell.rows)
    if not measured:
        _not_here(axes, cell)
    # Grouped once: with fifty machines a search for each line took longer than drawing it.
    by_name = dict(iter(rows.sort_values("point").groupby("series", sort=False)))
    for place, name in enumerate(cell.lines):
        line = by_name.get(name, rows.iloc[:0])
        if name in guessed:
            _draw_assumed(axes, cell, place, scale)
        x = line["point"].to_numpy(dtype=float)
        axes.plot(x, line["value"].to_numpy(dtype=float) / scale, **cell.style(place))
        if not is_exact(rows) and line["low"].notna().any():
            axes.fill_between(
                x,
                line["low"].to_numpy(dtype=float) / scale,
                line["high"].to_numpy(dtype=float) / scale,
                alpha=0.25,
                color=cell.style(place)["color"],
                linewidth=0,
            )


def _draw_assumed(axes: Axes, cell: Panel, place: int, scale: float) -> None:
    """Draw an assumption as a hatched band, so that it looks like no measurement."""
    rows = cell.rows[(cell.rows["series"] == cell.lines[place]) & (cell.rows["what"] == ASSUMED)]
    axes.fill_between(
        rows["point"].to_numpy(dtype=float),
        rows["low"].to_numpy(dtype=float) / scale,
        rows["high"].to_numpy(dtype=float) / scale,
        facecolor="none",
        edgecolor=cell.style(place)["color"],
        hatch="\\\\\\",
        linewidth=0.6,
        linestyle=":",
    )


def _not_here(axes: Axes, cell: Panel) -> None:
    axes.patch.set(hatch="////", edgecolor=style.PALE)
    notes = list(dict.fromkeys(cell.rows["note"])) or ["not asked for"]
    axes.text(
        0.5,
        0.5,
        f"n/a: {style.wrapped(str(notes[0]), 30, 4)}",
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=style.SMALLEST,
        bbox={"facecolor": "white", "edgecolor": "none"},
    )


def _point_axis(axes: Axes, table: pd.DataFrame, ticks: Sequence[int], decades: bool) -> None:
    points = sorted({float(point) for point in table["point"]})
    if decades:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda point, _: style.short(point)))
        value_axis.between_decades(axes.xaxis, points[0], points[-1])
    elif len(points) == 1 or ticks:
        shown = ticks or [int(point) for point in points]
        axes.set_xticks(shown, [f"{point:,}" for point in shown])
        axes.minorticks_off()
    else:
        style.powers_of_two(axes, [int(point) for point in points])
