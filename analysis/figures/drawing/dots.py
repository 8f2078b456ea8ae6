"""Draw a few named costs as rows: bars from zero, or points on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ... import formatting
from ...derive.published_overlay import sources
from ...derive.row_kinds import ESTIMATE, MISSING, PROCESS, PUBLISHED, estimates, is_exact
from . import dot_rows, published_marks, style, value_axis
from .dot_rows import MOST_ROWS, Band

ROW = 0.3  # inches
BAR = 0.6  # the share of a mark's height that its bar takes
LABEL = {"one": 22, "two": 40}  # characters
CHARACTER = 0.062  # inches, on average, at the smallest size
VALUE_ROOM = 0.6  # inches for a value in words

# Scales an axis for a table, with a share of it left for words; returns the size of a unit.
Axis = Callable[[Axes, pd.DataFrame, float], float]
Words = Callable[["pd.Series[Any]"], str]


def cost(row: pd.Series[Any]) -> str:
    """Return a row's value in words."""
    return formatting.cost(row["value"], row["unit"])


@dataclass(frozen=True)
class _Drawing:
    """What the marks of every machine need."""

    axes: Axes
    machines: int
    bands: dict[str, Band]
    scale: float
    log: bool
    width: float  # of the axes, in inches, roughly
    words: Words

    @property
    def many(self) -> bool:
        """Whether there are too many machines for words beside each mark."""
        return self.machines > MOST_ROWS

    @property
    def each(self) -> float:
        """The height of a machine's mark, in rows."""
        return dot_rows.each_height(self.machines)

    def height(self, label: object, place: int) -> float:
        """Return the place of one machine's mark, in rows from the top."""
        return self.bands[str(label)].middle + self.each * (place + 0.5 - self.machines / 2)


def draw(
    table: pd.DataFrame,
    width: float,
    *,
    axis: Axis | None = None,
    words: Words = cost,
) -> Figure | None:
    """Draw a row for each label, with a mark for each machine; None without an estimate.

    The table has the columns machine, label, what, value, low, high, unit and note. `axis` scales
    another axis than one of costs. `words` returns the words beside a mark.
    """
    if estimates(table).empty:
        return None
    with style.settings():
        theirs = table[table["what"] == PUBLISHED]
        ours = table[table["what"] != PUBLISHED]
        machines = list(dict.fromkeys(ours["machine"]))
        many = len(machines) > MOST_ROWS
        bands = dot_rows.bands(table, len(machines))
        publishers = sources(theirs)
        named = min(len(machines), len(style.COLOURS)) + many if len(machines) > 1 else 0
        named += len(publishers) + bool(publishers and not named)
        columns = (2 if publishers else 3) if width >= style.TWO_COLUMNS else 1
        columns = max(1, style.columns(named, columns))
        rows = max(sum(band.height for band in bands.values()), 1)
        lines = -(-named // columns) + len(publishers) / columns  # a source takes two
        size = (width, 0.7 + lines * 0.16 + ROW * rows)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        log = axis is not None or value_axis.is_wide(estimates(table))
        longest = LABEL["two" if width >= style.TWO_COLUMNS else "one"]
        texts = [dot_rows.text(label, band, longest) for label, band in bands.items()]
        inside = width - 0.2 - CHARACTER * max(len(line) for t in texts for line in t.split("\n"))
        room = 0.05 if many else min(0.6, max(VALUE_ROOM, _longest(table, words)) / inside)
        shown = table[table["what"] != MISSING]
        if axis is None:
            scale = value_axis.value_axis(axes.xaxis, axes, shown, log, room=room)
        else:
            scale = axis(axes, shown, room)
        axes.grid(visible=False, axis="y")
        drawing = _Drawing(axes, len(machines), bands, scale, log, inside, words)
        for place, machine in enumerate(machines):
            _machine(drawing, table[table["machine"] == machine], place)
        _missing_everywhere(drawing)
        _published(drawing, theirs)
        axes.set_yticks([band.middle for band in bands.values()], texts)
        axes.set_ylim(rows, 0)
        if len(machines) > 1 or publishers:
            if len(machines) > len(style.COLOURS):
                axes.plot([], [], ".", color=style.GREY_LINE["color"], label=_others(machines))
            figure.legend(loc="outside upper left", ncols=columns)
        return style.settle(figure)


def _longest(table: pd.DataFrame, words: Words) -> float:
    """Return the inches that the longest words beside a mark take."""
    return 0.1 + CHARACTER * max(len(words(row)) for _, row in estimates(table).iterrows())


def _others(machines: list[str]) -> str:
    return f"{max(0, len(machines) - len(style.COLOURS))} more, in grey"


def _machine(drawing: _Drawing, rows: pd.DataFrame, place: int) -> None:
    known = rows[rows["what"] == ESTIMATE]
    heights = [drawing.height(label, place) for label in known["label"]]
    grey = drawing.many and place >= len(style.COLOURS)
    colour = style.GREY_LINE["color"] if grey else style.colour(place)
    if not drawing.log and not drawing.many:
        _bars(drawing, known, heights, place)
    drawing.axes.plot(
        known["value"] / drawing.scale,
        heights,
        "." if grey else style.marker(place),
        color=colour,
        label=None if grey else style.label(str(rows["machine"].iloc[0])),
        zorder=4,
    )
    _intervals(drawing, known, heights, colour)
    if not drawing.many:
        _process_points(drawing, rows, place, colour)
        _values(drawing, known, heights)
        _missing(drawing, rows, place)


def _bars(drawing: _Drawing, known: pd.DataFrame, heights: list[float], place: int) -> None:
    drawing.axes.barh(
        heights,
        known["value"] / drawing.scale,
        height=BAR * drawing.each,
        color=style.colour(place),
        alpha=0.35,
        edgecolor=style.colour(place),
        hatch=style.hatch(place),
    )


def _values(drawing: _Drawing, known: pd.DataFrame, heights: list[float]) -> None:
    for height, (_, row) in zip(heights, known.iterrows(), strict=True):
        right = row["value"] if pd.isna(row["high"]) else row["high"]
        drawing.axes.annotate(
            drawing.words(row),
            (right / drawing.scale, height),
            (6, 0),
            textcoords="offset points",
            va="center",
            fontsize=style.SMALLEST,
        )


def _missing(drawing: _Drawing, rows: pd.DataFrame, place: int) -> None:
    """Hatch the place of a value that one machine lacks and another has, and say why."""
    for label, note in rows.loc[rows["what"] == MISSING, ["label", "note"]].itertuples(index=False):
        if not drawing.bands[str(label)].notes:
            thick = BAR * drawing.each
            _hatch(drawing, drawing.height(label, place) - thick / 2, thick, str(note))


def _missing_everywhere(drawing: _Drawing) -> None:
    """Hatch the rows without any value; neighbours with the same reason share one text."""
    blocks = groupby((band for band in drawing.bands.values()), key=lambda band: band.notes)
    for notes, members in blocks:
        block = list(members)
        if notes:
            height = sum(band.height for band in block)
            _hatch(drawing, block[0].top + 0.05, height - 0.1, "; ".join(notes))


def _hatch(drawing: _Drawing, top: float, height: float, note: str) -> None:
    characters = max(12, int((drawing.width - 0.2) / CHARACTER))
    lines = max(1, min(4, round(height * ROW / 0.12)))
    across = drawing.axes.get_yaxis_transform()
    drawing.axes.add_patch(
        Rectangle(
            (0, top),
            1,
            height,
            transform=across,
            hatch="////",
            facecolor="none",
            edgecolor=style.PALE,
            linewidth=0,
        )
    )
    drawing.axes.annotate(
        style.wrapped(f"n/a: {note}", characters, lines),
        (0, top + height / 2),
        (4, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="center",
        fontsize=style.SMALLEST,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
    )


def _published(drawing: _Drawing, theirs: pd.DataFrame) -> None:
    """Draw what others published; a range is drawn from end to end."""
    for place, name in enumerate(sources(theirs)):
        look, first = published_marks.mark(place), True
        for label, low, high in theirs.loc[
            theirs["machine"] == name, ["label", "low", "high"]
        ].itertuples(index=False):
            middle = drawing.bands[str(label)].foot
            ends = sorted({low / drawing.scale, high / drawing.scale})
            text = style.wrapped(name, 46, 3) if first else None
            drawing.axes.plot(ends, [middle] * len(ends), linestyle=":", label=text, **look)
            first = False


def _intervals(drawing: _Drawing, known: pd.DataFrame, heights: list[float], colour: str) -> None:
    if is_exact(known):
        return
    for height, low, high in zip(heights, known["low"], known["high"], strict=True):
        if pd.notna(low):
            bounds = [low / drawing.scale, high / drawing.scale]
            drawing.axes.plot(bounds, [height, height], "-|", color=colour, zorder=3)


def _process_points(drawing: _Drawing, rows: pd.DataFrame, place: int, colour: str) -> None:
    points = rows[rows["what"] == PROCESS]
    heights = [drawing.height(label, place) + 0.13 for label in points["label"]]
    drawing.axes.plot(
        points["value"] / drawing.scale,
        heights,
        ".",
        color=colour,
        alpha=0.5,
        markersize=2.5,
        zorder=2,
    )
