"""Draw instruction counts of one kernel after the other: a panel for each kind of operation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ...derive import kernel_changes
from ...derive.row_kinds import quantity
from . import style

PANEL_HEIGHT = 1.9  # inches
LEGEND_HEIGHT = 0.6
MOST_LEVEL = 64  # characters of all labels together that fit without being turned
FREE_SCALES = "Each panel has a scale of its own."  # what the caption has to say


def draw(rows: pd.DataFrame, width: float) -> Figure | None:
    """Draw the table of `kernel_changes.by_kernel`, a line for each operation."""
    if rows.empty:
        return None
    panels = list(dict.fromkeys(rows["panel"]))
    names = rows.drop_duplicates("point").set_index("point")["machine"].sort_index()
    with style.settings():
        beside = width >= style.TWO_COLUMNS
        size = (width, 0.6 + (PANEL_HEIGHT + (0 if beside else LEGEND_HEIGHT)) * len(panels))
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False)
        for axes, panel in zip(grid[:, 0], panels, strict=True):
            here = rows[rows["panel"] == panel]
            for number, name in enumerate(dict.fromkeys(here["series"])):
                line = here[here["series"] == name]
                axes.plot(line["point"], line["value"], **style.line(number), label=name)
            axes.set_ylim(0, here["value"].max() * 1.08)
            axes.yaxis.set_major_formatter(lambda tick, _: f"{tick:,.10g}")
            axes.set_title(panel)
            if beside:
                axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
            else:
                axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.12))
        labels = _labels(names)
        level = beside and sum(map(len, labels)) <= MOST_LEVEL
        place: dict[str, Any] = {} if level else {"rotation": 45, "ha": "right"}
        grid[-1, 0].set_xticks(list(names.index), labels, rotation_mode="anchor", **place)
        figure.supylabel(f"{quantity(rows)} per operation; lower is better", fontsize=8)
        return style.settle(figure)


def _labels(names: Iterable[str]) -> list[str]:
    """Return the kernels' versions, in full where the numbers alone are not unique."""
    whole = [str(name).removeprefix("Linux ") for name in names]
    plain = [".".join(map(str, kernel_changes.version(name))) for name in whole]
    shown = plain if "" not in plain and len(set(plain)) == len(plain) else whole
    return [style.label(name, 24) for name in shown]
