"""Draw what others published over a chart: in grey, with marks that no series of ours has."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from . import style

LOOK: dict[str, Any] = {"color": "#666666", "markersize": 6, "linewidth": 0.9, "zorder": 6}
MARKERS = ("*", "x", "+", "1", "2", "3", "4", "p", "h", "<", ">", "d", "8", "|", "_")


def mark(place: int) -> dict[str, Any]:
    """Return the look of the marks of the source at that place."""
    return {**LOOK, "marker": MARKERS[place % len(MARKERS)]}


def draw_lines(axes: Axes, rows: pd.DataFrame, names: list[str], scale: float) -> None:
    """Draw published figures on a panel of lines, a range at its geometric mean."""
    for place, name in enumerate(names):
        for _, line in rows[rows["machine"] == name].groupby("series", sort=False):
            found = line.sort_values("point")
            middle = (found["low"] * found["high"]) ** 0.5
            x = found["point"].to_numpy(dtype=float)
            axes.plot(x, middle / scale, linestyle=":", **mark(place))


def draw_keys(axes: Axes, names: list[str]) -> list[Any]:
    """Draw and return the entries of the legend."""
    return [
        axes.plot([], [], linestyle=":", label=style.wrapped(name, 32, 3), **mark(place))[0]
        for place, name in enumerate(names)
    ]
