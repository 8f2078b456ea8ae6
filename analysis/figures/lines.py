"""Costs along an axis: panels per kind of operation and machine, a line per operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import ScaledTranslation
from numpy.typing import NDArray

from ..derive.row_kinds import ASSUMED, ESTIMATE, PUBLISHED, estimates, is_exact
from . import axes as scales
from . import overlay, style

Decoration = Callable[[Axes, pd.DataFrame], None]
PANEL_HEIGHT = 2.1  # inches
LEGEND_LINE = 0.135
NARROWEST_PANEL = 2.1
CHARACTERS = 12  # of a title, in an inch
# With more machines than this a panel each would be a book: they become the lines.
MOST_PANELS = 6
REMARK = (0.6, 0.12)  # what a panel's remark takes of its width and height


@dataclass(frozen=True)
class _Cell:
    """A panel: its title, its rows, and all lines that its legend explains."""

    title: str
    rows: pd.DataFrame
    lines: Sequence[str]
    anywhere: set[str]  # those of the lines that some panel with the same legend has
    legend: bool = False
    greys: bool = False  # the lines beyond those that colours tell apart are all grey

    @property
    def told_apart(self) -> Sequence[str]:
        """The lines that the legend names."""
        return self.lines[: len(style.COLOURS)] if self.greys else self.lines

    def style(self, place: int) -> dict[str, Any]:
        """Return how the line at that place looks."""
        return style.line(place) if place < len(self.told_apart) else style.GREY_LINE


def draw(
    table: pd.DataFrame,
    along: str,
    width: float = style.TWO_COLUMNS,
    log: bool | None = None,
    per: str = "",
    ticks: Sequence[int] = (),
    decades: bool = False,
    label: str = "",
    across: bool = False,
    decorate: Decoration | None = None,
) -> Figure | None:
    """Draw lines with interval bands; None where there is nothing to draw.

    The table has machine, panel, series, point, what, value, low, high, unit, note. The axis of
    values is logarithmic where the values need it, or as `log` says; that of points has ticks at
    powers of two, or of ten with `decades`. `label` names values that are no cost. Kinds of
    operation stand below each other, or side by side with `across`.
    """
    if estimates(table).empty:
        return None
    ours = table[table["what"] != PUBLISHED]
    theirs = table[table["what"] == PUBLISHED]
    cells = _cells(ours, width, across)
    columns = max(map(len, cells))
    beside = width >= style.TWO_COLUMNS and columns == 1
    with style.settings():
        figure = Figure(
            figsize=(width, _height(cells, beside, len(overlay.sources(theirs)))),
            layout="constrained",
        )
        grid = figure.subplots(len(cells), columns, sharex=True, sharey=True, squeeze=False)
        wide = scales.is_wide(estimates(table)) if log is None else log
        scale = scales.value_axis(
            grid[0, 0].yaxis, grid[0, 0], _shown(table), wide, per, label=label
        )
        if len(cells) > 1:
            *broken, better = grid[0, 0].get_ylabel().split("\n")  # as one panel had to
            figure.supylabel("\n".join(filter(None, (" ".join(broken), better))), fontsize=8)
            grid[0, 0].set_ylabel("")
        for row, line in enumerate(cells):
            for column, cell in enumerate(line):
                _panel(grid[row, column], cell, scale)
                over = _within(theirs, cell)
                overlay.draw_lines(grid[row, column], over, overlay.sources(theirs), scale)
                if decorate is not None:
                    decorate(grid[row, column], estimates(cell.rows))
                if cell.legend:
                    keys = _keys(grid[row, column], cell)
                    keys += overlay.draw_keys(grid[row, column], overlay.sources(over))
                    _legend(grid[row, column], keys, beside, row == len(cells) - 1)
            for axes in grid[row, len(line) :]:
                axes.set_axis_off()
        _point_axis(grid[0, 0], estimates(table), ticks, decades)
        for column in range(columns):
            lowest = max(row for row, line in enumerate(cells) if column < len(line))
            grid[lowest, column].set_xlabel(along)
            grid[lowest, column].tick_params(labelbottom=True)
        _remarks(grid, cells)
        return style.settle(figure)


def _within(theirs: pd.DataFrame, cell: _Cell) -> pd.DataFrame:
    """Return the published figures that belong to a panel: those of its cases."""
    return theirs[
        theirs["series"].isin(cell.rows["series"]) & theirs["panel"].isin(cell.rows["panel"])
    ]


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["what"].isin((ESTIMATE, ASSUMED, PUBLISHED))]


def _height(cells: Sequence[Sequence[_Cell]], beside: bool, theirs: int) -> float:
    lines = [
        0 if beside else max((len(c.told_apart) + 1 + theirs) * c.legend for c in line)
        for line in cells
    ]
    return 0.6 + PANEL_HEIGHT * len(cells) + LEGEND_LINE * sum(lines)


def _cells(table: pd.DataFrame, width: float, across: bool) -> list[list[_Cell]]:
    """Return the panels by row: a machine each, or an operation each where machines are many."""
    if across and table["machine"].nunique() <= MOST_PANELS:
        return _across(table, width)
    machines = list(dict.fromkeys(table["machine"]))
    panels = list(dict.fromkeys(table["panel"]))
    many = len(machines) > MOST_PANELS
    measured = _told(table, "machine")
    found = []
    for panel in panels:
        rows = table[table["panel"] == panel]
        cells = _by_operation(rows, machines, measured) if many else _by_machine(rows, machines)
        several = len(cells) > 1
        longest = int(CHARACTERS * width / _columns(len(cells), width))
        cells = [
            replace(cell, title=_title(cell, panel, several, len(panels), longest))
            for cell in cells
        ]
        found += _in_rows(cells, width)
        if not many or panel == panels[-1]:  # of many machines one legend serves all
            found[-1][0] = replace(found[-1][0], legend=True)
    return found


def _in_rows(cells: Sequence[_Cell], width: float) -> list[list[_Cell]]:
    """Share cells out among as few rows as the width allows, as evenly as they go."""
    columns = _columns(len(cells), width)
    return [list(cells[start : start + columns]) for start in range(0, len(cells), columns)]


def _columns(cells: int, width: float) -> int:
    return style.columns(cells, max(1, int((width - 0.6) // NARROWEST_PANEL)))


def _across(table: pd.DataFrame, width: float) -> list[list[_Cell]]:
    """Return the panels of each machine side by side; one legend serves all."""
    series = list(dict.fromkeys(table["series"]))
    told = _told(table)
    several = table["machine"].nunique() > 1
    found = []
    for machine, here in table.groupby("machine", sort=False):
        cells = [
            _Cell(
                f"{panel}\n{style.label(str(machine), 30)}" if several else str(panel),
                rows,
                series,
                told,
            )
            for panel, rows in here.groupby("panel", sort=False)
        ]
        found += _in_rows(cells, width)
    found[-1][0] = replace(found[-1][0], legend=True)
    return found


def _by_machine(rows: pd.DataFrame, machines: Sequence[str]) -> list[_Cell]:
    series, told = list(dict.fromkeys(rows["series"])), _told(rows)
    return [_Cell(machine, rows[rows["machine"] == machine], series, told) for machine in machines]


def _by_operation(rows: pd.DataFrame, machines: Sequence[str], anywhere: set[str]) -> list[_Cell]:
    named = rows.assign(series=rows["machine"])
    return [
        _Cell(str(series), found, machines, anywhere, greys=True)
        for series, found in named.groupby(rows["series"], sort=False)
    ]


def _title(cell: _Cell, panel: str, several: bool, panels: int, longest: int) -> str:
    parts = [panel] * bool(panel and (panels > 1 or not several))
    parts += [style.wrapped(cell.title, longest)] * several
    return "\n".join(parts)


def _told(rows: pd.DataFrame, column: str = "series") -> set[str]:
    """Return the lines, or the machines, that rows have a figure or an assumption for."""
    return set(rows.loc[rows["what"].isin((ESTIMATE, ASSUMED)), column])


def _assumed(rows: pd.DataFrame) -> set[str]:
    return set(rows.loc[rows["what"] == ASSUMED, "series"])


def _panel(axes: Axes, cell: _Cell, scale: float) -> None:
    axes.set_title(cell.title)
    rows = estimates(cell.rows)
    assumed, told = _assumed(cell.rows), _told(cell.rows)
    if not told:
        _not_here(axes, cell)
    # Once for all lines: with fifty machines, to look for each took longer than to draw it.
    by_name = dict(iter(rows.sort_values("point").groupby("series", sort=False)))
    for place, name in enumerate(cell.lines):
        line = by_name.get(name, rows.iloc[:0])
        if name in assumed:
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


def _draw_assumed(axes: Axes, cell: _Cell, place: int, scale: float) -> None:
    """Draw what was assumed as a band, which no measurement is."""
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


def _not_here(axes: Axes, cell: _Cell) -> None:
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


def _remarks(grid: NDArray[Any], cells: Sequence[Sequence[_Cell]]) -> None:
    """Say of each panel how many lines others have that it lacks."""
    for axes_of_row, line in zip(grid, cells, strict=True):
        for axes, cell in zip(axes_of_row, line, strict=False):
            told = _told(cell.rows)
            if told and (lacking := len(cell.anywhere - told)):
                _remark(axes, f"n/a here: {lacking} of {len(cell.lines)} lines")


def _remark(axes: Axes, text: str) -> None:
    """Write into the corner where least is drawn."""
    drawn = _drawn(axes)

    def crowd(corner: tuple[int, int]) -> int:
        near = np.abs(np.array(corner) - drawn) < REMARK
        return int(near.all(axis=1).sum())

    right, top = min(((1, 0), (0, 0), (0, 1), (1, 1)), key=crowd)
    axes.text(
        0.98 if right else 0.02,
        0.97 if top else 0.03,
        text,
        transform=axes.transAxes,
        ha="right" if right else "left",
        va="top" if top else "bottom",
        fontsize=style.SMALLEST,
        style="italic",
    )


def _drawn(axes: Axes) -> NDArray[np.float64]:
    """Return points along all lines of a panel, each as shares of its width and height."""
    axes.get_xlim(), axes.get_ylim()  # which settles them: transformations alone do not
    shares = np.linspace(0, 1, 20)[:, None, None]
    found = [np.empty((0, 2))]
    for line in axes.get_lines():
        ends = axes.transAxes.inverted().transform(
            line.get_transform().transform(line.get_xydata())
        )
        found.append((ends[:-1] + (ends[1:] - ends[:-1]) * shares).reshape(-1, 2))
    return np.concatenate(found)


def _legend(axes: Axes, keys: list[Any], beside: bool, lowest: bool) -> None:
    """Explain the lines; those without a figure in any panel are hatched."""
    place: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.01, 0.5)}
    if not beside:
        figure = axes.get_figure(root=True)
        below = ScaledTranslation(0, -(0.42 if lowest else 0.1), figure.dpi_scale_trans)  # type: ignore[union-attr]
        place = {"loc": "upper left", "bbox_to_anchor": (0.0, 0.0)}
        place["bbox_transform"] = axes.transAxes + below
    axes.legend(handles=keys, **place)


def _keys(axes: Axes, cell: _Cell) -> list[Any]:
    assumed = _assumed(cell.rows)
    keys: list[Any] = []
    for place, name in enumerate(cell.told_apart):
        label = style.label(name)
        if name in cell.anywhere - assumed:
            keys += axes.plot([], [], **style.line(place), label=label)
        else:
            keys.append(
                Patch(
                    facecolor="none",
                    edgecolor=style.line(place)["color"],
                    hatch="\\\\\\" if name in assumed else "////",
                    linewidth=0.5,
                    label=f"{label} ({'assumed' if name in assumed else 'n/a'})",
                )
            )
    if more := len(cell.lines) - len(cell.told_apart):
        keys += axes.plot([], [], **style.GREY_LINE, label=f"{more} more, in grey")
    return keys


def _point_axis(axes: Axes, table: pd.DataFrame, ticks: Sequence[int], decades: bool) -> None:
    points = sorted({float(point) for point in table["point"]})
    if decades:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda point, _: style.short(point)))
        scales.between_decades(axes.xaxis, points[0], points[-1])
    elif len(points) == 1 or ticks:
        shown = ticks or [int(point) for point in points]
        axes.set_xticks(shown, [f"{point:,}" for point in shown])
        axes.minorticks_off()
    else:
        style.powers_of_two(axes, [int(point) for point in points])
