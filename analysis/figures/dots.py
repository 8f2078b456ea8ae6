"""Horizontal figures of a few named costs: bars from zero, or points on a log axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .. import formatting
from ..derive.row_kinds import ESTIMATE, MISSING, PROCESS, PUBLISHED, estimates, is_exact
from . import axes as scales
from . import overlay, style

ROW = 0.3  # inches
LOW_ROW = 0.55  # of a row: one that only says why it is empty
BAR = 0.6  # of what a machine's mark has
# Of a row: what each of several machines has, and what parts one label's marks from the next's.
SHARED, BETWEEN = 0.55, 0.45
PUBLISHED_ROW = 0.5
# With more machines than this a row holds them all, and only these are told apart.
MOST_ROWS = 6
LABEL = {"one": 22, "two": 40}  # characters
CHARACTER = 0.062  # inches, on average, at the smallest size
VALUE_ROOM = 0.6  # inches for a value in words


Axis = Callable[[Axes, pd.DataFrame, float], float]
Say = Callable[["pd.Series[Any]"], str]


def cost(row: pd.Series[Any]) -> str:
    """Return a row's figure in words."""
    return formatting.cost(row["value"], row["unit"])


@dataclass(frozen=True)
class _Band:
    """Where the row of a label lies, in rows from the top, and why no machine has a figure."""

    top: float
    height: float
    notes: tuple[str, ...]
    extra: float = 0.0  # rows at its foot for what others published

    @property
    def middle(self) -> float:
        """The height of its label."""
        return self.top + (self.height - self.extra) / 2

    @property
    def foot(self) -> float:
        """The height of what others published."""
        return self.top + self.height - self.extra / 2


@dataclass(frozen=True)
class _Drawing:
    """What the marks of every machine need."""

    axes: Axes
    machines: int
    bands: dict[str, _Band]
    scale: float
    log: bool
    width: float  # of the axes, in inches, roughly
    say: Say

    @property
    def crowd(self) -> bool:
        """Whether machines are too many for words beside a mark."""
        return self.machines > MOST_ROWS

    @property
    def each(self) -> float:
        """How many rows a machine's mark has."""
        return _each(self.machines)

    def height(self, label: object, place: int) -> float:
        """Return the height of one machine's mark, in rows from the top."""
        return self.bands[str(label)].middle + self.each * (place + 0.5 - self.machines / 2)


def draw(
    table: pd.DataFrame,
    width: float = style.TWO_COLUMNS,
    axis: Axis | None = None,
    say: Say = cost,
) -> Figure | None:
    """Draw a row per label, within it a mark per machine; None where there is nothing to draw.

    The table has machine, label, what (estimate, process or missing), value, low, high, unit, note.
    The axis is one of costs, or made by `axis`, which returns what a value is divided by; `say`
    gives the words beside a mark.
    """
    if estimates(table).empty:
        return None
    with style.settings():
        theirs = table[table["what"] == PUBLISHED]
        ours = table[table["what"] != PUBLISHED]
        machines = list(dict.fromkeys(ours["machine"]))
        crowd = len(machines) > MOST_ROWS
        bands = _bands(table, len(machines))
        sources = overlay.sources(theirs)
        named = min(len(machines), len(style.COLOURS)) + crowd if len(machines) > 1 else 0
        named += len(sources) + bool(sources and not named)
        columns = (2 if sources else 3) if width >= style.TWO_COLUMNS else 1
        columns = max(1, style.columns(named, columns))
        rows = max(sum(band.height for band in bands.values()), 1)
        lines = -(-named // columns) + len(sources) / columns  # a source takes two
        size = (width, 0.7 + lines * 0.16 + ROW * rows)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        log = axis is not None or scales.is_wide(estimates(table))
        longest = LABEL["two" if width >= style.TWO_COLUMNS else "one"]
        texts = [_text(label, band, longest) for label, band in bands.items()]
        inside = width - 0.2 - CHARACTER * max(len(line) for t in texts for line in t.split("\n"))
        room = 0.05 if crowd else min(0.6, max(VALUE_ROOM, _longest(table, say)) / inside)
        shown = table[table["what"] != MISSING]
        if axis is None:
            scale = scales.value_axis(axes.xaxis, axes, shown, log, room=room)
        else:
            scale = axis(axes, shown, room)
        axes.grid(visible=False, axis="y")
        drawing = _Drawing(axes, len(machines), bands, scale, log, inside, say)
        for place, machine in enumerate(machines):
            _machine(drawing, table[table["machine"] == machine], place)
        _missing_everywhere(drawing)
        _published(drawing, theirs)
        axes.set_yticks([band.middle for band in bands.values()], texts)
        axes.set_ylim(rows, 0)
        if len(machines) > 1 or sources:
            if len(machines) > len(style.COLOURS):
                axes.plot([], [], ".", color=style.GREY_LINE["color"], label=_others(machines))
            figure.legend(loc="outside upper left", ncols=columns)
        return style.settle(figure)


def _bands(table: pd.DataFrame, machines: int) -> dict[str, _Band]:
    """Return where each label's row lies, from the top: those without any figure are low."""
    found: dict[str, _Band] = {}
    top = 0.0
    own = _each(machines) * machines + BETWEEN * (1 < machines <= MOST_ROWS)
    for label, rows in table.groupby("label", sort=False):
        told = rows["what"].isin((ESTIMATE, PUBLISHED)).any()
        notes = () if told else tuple(dict.fromkeys(str(note) for note in rows["note"]))
        height = own if told else LOW_ROW
        extra = PUBLISHED_ROW * (rows["what"] == PUBLISHED).any()
        height += extra
        found[str(label)] = _Band(top, height, notes, extra)
        top += height
    return found


def _each(machines: int) -> float:
    return SHARED if 1 < machines <= MOST_ROWS else 1 / machines


def _text(label: str, band: _Band, longest: int) -> str:
    """Return a label as its row has room for it."""
    return style.wrapped(label, longest) if not band.notes else style.label(label, longest)


def _longest(table: pd.DataFrame, say: Say) -> float:
    """Return how many inches the longest words beside a mark take."""
    return 0.1 + CHARACTER * max(len(say(row)) for _, row in estimates(table).iterrows())


def _others(machines: list[str]) -> str:
    return f"{max(0, len(machines) - len(style.COLOURS))} more, in grey"


def _machine(drawing: _Drawing, rows: pd.DataFrame, place: int) -> None:
    told = rows[rows["what"] == ESTIMATE]
    heights = [drawing.height(label, place) for label in told["label"]]
    grey = drawing.crowd and place >= len(style.COLOURS)
    colour = style.GREY_LINE["color"] if grey else style.colour(place)
    if not drawing.log and not drawing.crowd:
        _bars(drawing, told, heights, place)
    drawing.axes.plot(
        told["value"] / drawing.scale,
        heights,
        "." if grey else style.marker(place),
        color=colour,
        label=None if grey else style.label(str(rows["machine"].iloc[0])),
        zorder=4,
    )
    _intervals(drawing, told, heights, colour)
    if not drawing.crowd:
        _process_points(drawing, rows, place, colour)
        _values(drawing, told, heights)
        _missing(drawing, rows, place)


def _bars(drawing: _Drawing, told: pd.DataFrame, heights: list[float], place: int) -> None:
    drawing.axes.barh(
        heights,
        told["value"] / drawing.scale,
        height=BAR * drawing.each,
        color=style.colour(place),
        alpha=0.35,
        edgecolor=style.colour(place),
        hatch=style.hatch(place),
    )


def _values(drawing: _Drawing, told: pd.DataFrame, heights: list[float]) -> None:
    for height, (_, row) in zip(heights, told.iterrows(), strict=True):
        right = row["value"] if pd.isna(row["high"]) else row["high"]
        drawing.axes.annotate(
            drawing.say(row),
            (right / drawing.scale, height),
            (6, 0),
            textcoords="offset points",
            va="center",
            fontsize=style.SMALLEST,
        )


def _missing(drawing: _Drawing, rows: pd.DataFrame, place: int) -> None:
    """Hatch what one machine lacks and another has, and say why."""
    for label, note in rows.loc[rows["what"] == MISSING, ["label", "note"]].itertuples(index=False):
        if not drawing.bands[str(label)].notes:
            thick = BAR * drawing.each
            _hatch(drawing, drawing.height(label, place) - thick / 2, thick, str(note))


def _missing_everywhere(drawing: _Drawing) -> None:
    """Hatch what no machine has; neighbours with the same reason get it once."""
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
    """Draw what others published, a range from end to end."""
    for place, name in enumerate(overlay.sources(theirs)):
        look, first = overlay.mark(place), True
        for label, low, high in theirs.loc[
            theirs["machine"] == name, ["label", "low", "high"]
        ].itertuples(index=False):
            middle = drawing.bands[str(label)].foot
            ends = sorted({low / drawing.scale, high / drawing.scale})
            text = style.wrapped(name, 46, 3) if first else None
            drawing.axes.plot(ends, [middle] * len(ends), linestyle=":", label=text, **look)
            first = False


def _intervals(drawing: _Drawing, told: pd.DataFrame, heights: list[float], colour: str) -> None:
    if is_exact(told):
        return
    for height, low, high in zip(heights, told["low"], told["high"], strict=True):
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
