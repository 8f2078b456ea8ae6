"""Arrange the panels of a figure of lines: machines, operations and their legends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ...derive.row_kinds import ASSUMED, ESTIMATE
from . import style

NARROWEST_PANEL = 2.1  # inches
CHARACTERS = 12  # of a title, in an inch
MOST_PANELS = 6  # of machines; where machines are more, they become the lines of the panels


@dataclass(frozen=True)
class Panel:
    """A panel: its title, its rows, and all lines that its legend explains."""

    title: str
    rows: pd.DataFrame
    lines: Sequence[str]
    anywhere: set[str]  # those of the lines that have values in some panel with the same legend
    legend: bool = False
    greys: bool = False  # the lines beyond the number of colours are all grey

    @property
    def coloured(self) -> Sequence[str]:
        """The lines that the legend names."""
        return self.lines[: len(style.COLOURS)] if self.greys else self.lines

    def style(self, place: int) -> dict[str, Any]:
        """Return the look of the line at that place."""
        return style.line(place) if place < len(self.coloured) else style.GREY_LINE


def arrange(table: pd.DataFrame, width: float, side_by_side: bool) -> list[list[Panel]]:
    """Return the panels by row: one for each machine, or for each operation if machines are many.

    With `side_by_side`, the table's panels of one machine stand in a row.
    """
    if side_by_side and table["machine"].nunique() <= MOST_PANELS:
        return _side_by_side(table, width)
    machines = list(dict.fromkeys(table["machine"]))
    panels = list(dict.fromkeys(table["panel"]))
    many = len(machines) > MOST_PANELS
    measured = known(table, "machine")
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
        if not many or panel == panels[-1]:  # many machines share one legend
            found[-1][0] = replace(found[-1][0], legend=True)
    return found


def known(rows: pd.DataFrame, column: str = "series") -> set[str]:
    """Return the lines, or the machines, that have an estimate or an assumption."""
    return set(rows.loc[rows["what"].isin((ESTIMATE, ASSUMED)), column])


def assumed(rows: pd.DataFrame) -> set[str]:
    """Return the lines that were assumed."""
    return set(rows.loc[rows["what"] == ASSUMED, "series"])


def _in_rows(cells: Sequence[Panel], width: float) -> list[list[Panel]]:
    """Distribute panels over as few rows as the width allows, as evenly as possible."""
    columns = _columns(len(cells), width)
    return [list(cells[start : start + columns]) for start in range(0, len(cells), columns)]


def _columns(cells: int, width: float) -> int:
    return style.columns(cells, max(1, int((width - 0.6) // NARROWEST_PANEL)))


def _side_by_side(table: pd.DataFrame, width: float) -> list[list[Panel]]:
    """Return the panels of each machine side by side, with one legend for all."""
    series = list(dict.fromkeys(table["series"]))
    measured = known(table)
    several = table["machine"].nunique() > 1
    found = []
    for machine, here in table.groupby("machine", sort=False):
        cells = [
            Panel(
                f"{panel}\n{style.label(str(machine), 30)}" if several else str(panel),
                rows,
                series,
                measured,
            )
            for panel, rows in here.groupby("panel", sort=False)
        ]
        found += _in_rows(cells, width)
    found[-1][0] = replace(found[-1][0], legend=True)
    return found


def _by_machine(rows: pd.DataFrame, machines: Sequence[str]) -> list[Panel]:
    series, measured = list(dict.fromkeys(rows["series"])), known(rows)
    return [
        Panel(machine, rows[rows["machine"] == machine], series, measured) for machine in machines
    ]


def _by_operation(rows: pd.DataFrame, machines: Sequence[str], anywhere: set[str]) -> list[Panel]:
    named = rows.assign(series=rows["machine"])
    return [
        Panel(str(series), found, machines, anywhere, greys=True)
        for series, found in named.groupby(rows["series"], sort=False)
    ]


def _title(cell: Panel, panel: str, several: bool, panels: int, longest: int) -> str:
    parts = [panel] * bool(panel and (panels > 1 or not several))
    parts += [style.wrapped(cell.title, longest)] * several
    return "\n".join(parts)
