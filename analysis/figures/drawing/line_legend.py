"""Explain the lines of a figure: legends, and remarks on what a panel lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation
from numpy.typing import NDArray

from . import style
from .line_panels import Panel, assumed, known

REMARK = (0.6, 0.12)  # the shares of a panel's width and height that its remark takes


def legend(axes: Axes, handles: list[Any], beside: bool, lowest: bool) -> None:
    """Explain the lines, beside the panel or below it."""
    place: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.01, 0.5)}
    if not beside:
        figure = axes.get_figure(root=True)
        below = ScaledTranslation(0, -(0.42 if lowest else 0.1), figure.dpi_scale_trans)  # type: ignore[union-attr]
        place = {"loc": "upper left", "bbox_to_anchor": (0.0, 0.0)}
        place["bbox_transform"] = axes.transAxes + below
    axes.legend(handles=handles, **place)


def keys(axes: Axes, cell: Panel) -> list[Any]:
    """Return the legend's entries; a line without a value in any panel gets a hatched patch."""
    guessed = assumed(cell.rows)
    keys: list[Any] = []
    for place, name in enumerate(cell.coloured):
        label = style.wrapped(name, 40)
        if name in cell.anywhere - guessed:
            keys += axes.plot([], [], **style.line(place), label=label)
        else:
            keys.append(
                Patch(
                    facecolor="none",
                    edgecolor=style.line(place)["color"],
                    hatch="\\\\\\" if name in guessed else "////",
                    linewidth=0.5,
                    label=f"{label} ({'assumed' if name in guessed else 'n/a'})",
                )
            )
    if more := len(cell.lines) - len(cell.coloured):
        keys += axes.plot([], [], **style.GREY_LINE, label=f"{more} more, in grey")
    return keys


def remarks(grid: NDArray[Any], cells: Sequence[Sequence[Panel]]) -> None:
    """Say in each panel how many lines of others it lacks."""
    for axes_of_row, line in zip(grid, cells, strict=True):
        for axes, cell in zip(axes_of_row, line, strict=False):
            here = known(cell.rows)
            if here and (lacking := len(cell.anywhere - here)):
                _remark(axes, f"n/a here: {lacking} of {len(cell.lines)} lines")


def _remark(axes: Axes, text: str) -> None:
    """Write a remark into the corner with the least drawn in it."""
    drawn = _drawn(axes)

    def density(corner: tuple[int, int]) -> int:
        near = np.abs(np.array(corner) - drawn) < REMARK
        return int(near.all(axis=1).sum())

    right, top = min(((1, 0), (0, 0), (0, 1), (1, 1)), key=density)
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
    """Return points along all lines of a panel, as shares of its width and height: n × 2."""
    axes.get_xlim(), axes.get_ylim()  # reading the limits settles them; a transformation does not
    shares = np.linspace(0, 1, 20)[:, None, None]
    found = [np.empty((0, 2))]
    for line in axes.get_lines():
        ends = axes.transAxes.inverted().transform(
            line.get_transform().transform(line.get_xydata())
        )
        found.append((ends[:-1] + (ends[1:] - ends[:-1]) * shares).reshape(-1, 2))
    return np.concatenate(found)
