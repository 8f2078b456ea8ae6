"""What makes a chart fit to be printed, as rules that a program can check.

From Hoefler and Belli's twelve rules (SC'15), SIGPLAN's checklist for empirical evaluation, and
what venues ask of figures. Each rule is a function that gives what a chart lacks; `faults` gives
what it lacks by all of them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Text

from pkbench.analysis.derive.row_kinds import ASSUMED, MISSING, PUBLISHED, estimates, is_exact
from pkbench.analysis.figures import Chart
from pkbench.analysis.figures.drawing import style, value_axis
from pkbench.analysis.figures.drawing.kernel_panels import FREE_SCALES

UNIT = re.compile(
    r"\((ns|µs|ms|s|%)\)|\b(ns|µs|ms|s)\b|instructions|cycles|times that of|per second"
)
GREY = 0.06  # channels no further apart than this make no colour


def faults(chart: Chart, width: float) -> list[str]:
    """Return what a chart, drawn so many inches wide, lacks to be printed; [] for nothing."""
    found = [fault for rule in RULES for fault in rule(chart)]
    if abs(chart.figure.get_figwidth() - width) > 1e-9:
        found.append(f"is {chart.figure.get_figwidth()} inches wide")
    return found


def _value_axis_is_named(chart: Chart) -> Iterator[str]:
    labels = [text for text in _texts(chart) if "is better" in text]
    if len(labels) != 1:
        yield f"says {len(labels)} times which way is better"
    written = " ".join(_texts(chart))
    if not re.search(r"(lower|higher) is better", written):
        yield "does not say which way is better"
    if not UNIT.search(written):
        yield "names no unit"


def _intervals_are_defined(chart: Chart) -> Iterator[str]:
    if is_exact(chart.table):
        if "Instructions are not time" not in chart.caption:
            yield "does not say that instructions are not time"
        if "nterval" in chart.caption:
            yield "speaks of intervals of exact counts"
        return
    if not re.search(r"95 %, ", chart.caption):
        yield "does not define its intervals"
    if not re.search(r"\d process", chart.caption):
        yield "does not say of how many processes"


def _values_have_intervals(chart: Chart) -> Iterator[str]:
    rows = estimates(chart.table)
    bare = rows[(rows["processes"] > 1) & rows["low"].isna()]
    if not is_exact(chart.table) and len(bare):
        yield f"has {len(bare)} figures of several processes without an interval"


def _bars_begin_at_zero(chart: Chart) -> Iterator[str]:
    for axes in _axes(chart):
        bars = [bar for group in axes.containers for bar in group if isinstance(bar, Rectangle)]
        if bars and (axes.get_xscale() != "linear" or axes.get_xlim()[0] != 0):
            yield "has bars that do not begin at zero"


def _wide_ranges_are_logarithmic(chart: Chart) -> Iterator[str]:
    rows = estimates(chart.table)
    parts = [part for _, part in rows.groupby("panel")] if _scales_are_free(chart) else [rows]
    if not any(value_axis.is_wide(part) for part in parts):
        return
    for axes in _axes(chart):
        if "log" not in (axes.get_xscale(), axes.get_yscale()):
            yield f"hides small values: its range is above {value_axis.WIDEST_LINEAR} and linear"


def _linear_axes_begin_at_zero(chart: Chart) -> Iterator[str]:
    lines = "point" in chart.table
    for axes in _axes(chart):
        scale, limits = (
            (axes.get_yscale(), axes.get_ylim()) if lines else (axes.get_xscale(), axes.get_xlim())
        )
        if scale == "linear" and limits[0] != 0:
            yield "has a linear axis of values that does not begin at zero"


def _ratios_stand_about_one(chart: Chart) -> Iterator[str]:
    if not (chart.table["unit"] == "ratio").any():
        return
    for axes in _axes(chart):
        low, high = axes.get_xlim()
        if axes.get_xscale() != "log" or not low < 1 < high:
            yield "has ratios whose axis is not logarithmic about 1"
        if not any(set(line.get_xdata()) == {1} for line in axes.lines):  # type: ignore[arg-type]
            yield "has ratios without a line at 1"
    if "1 is: " not in chart.caption:
        yield "has ratios and does not say of what cost"


def _machines_are_on_the_same_scale(chart: Chart) -> Iterator[str]:
    limits = {(axes.get_xlim(), axes.get_ylim()) for axes in _axes(chart)}
    if len(limits) > 1 and not _scales_are_free(chart):
        yield "has panels of different scales"


def _scales_are_free(chart: Chart) -> bool:
    return FREE_SCALES in chart.caption


def _colours_can_be_told(chart: Chart) -> Iterator[str]:
    """Allow Okabe and Ito's colours, which have no red beside green, and greys."""
    allowed = {to_rgb(colour) for colour in style.COLOURS}
    for artist in chart.figure.findobj(lambda found: hasattr(found, "get_facecolor")):
        for colour in np.atleast_2d(artist.get_facecolor())[:, :3]:  # type: ignore[attr-defined]
            if tuple(colour) not in allowed and np.ptp(colour) > GREY:
                yield f"has a colour that is not of the palette: {tuple(colour)}"
    for line in _lines(chart):
        colour = np.array(to_rgb(line.get_color()))
        if tuple(colour) not in allowed and np.ptp(colour) > GREY:
            yield f"has a line of a colour that is not of the palette: {line.get_color()}"


def _lines_differ_without_colour(chart: Chart) -> Iterator[str]:
    for legend in chart.figure.findobj(lambda found: type(found).__name__ == "Legend"):
        handles = [h for h in legend.legend_handles if h is not None]  # type: ignore[attr-defined]
        for one, other in itertools.combinations(handles, 2):
            if _look(one) == _look(other) and not isinstance(one, Patch):
                yield f"tells {one.get_label()} from {other.get_label()} by colour alone"


def _print_can_be_read(chart: Chart) -> Iterator[str]:
    sizes = {float(text.get_fontsize()) for text in _text_artists(chart)}
    for size in sorted(sizes):
        if not style.SMALLEST <= size <= style.LARGEST:
            yield f"has print of {size} points"
    if chart.figure.get_suptitle():
        yield "has its title inside"


def _texts_stay_inside(chart: Chart) -> Iterator[str]:
    chart.figure.draw_without_rendering()
    whole = chart.figure.bbox
    for text in _text_artists(chart):
        box = text.get_window_extent()
        over = max(whole.x0 - box.x0, box.x1 - whole.x1, whole.y0 - box.y0, box.y1 - whole.y1)
        if over > 2:
            yield f"has text that the edge cuts off: {text.get_text()!r}"


def _what_is_missing_is_marked(chart: Chart) -> Iterator[str]:
    """Ask that what has no figure is in the caption with its reason, and hatched in the drawing."""
    missing = chart.table[chart.table["what"] == MISSING]
    for note in missing["note"].unique():
        if str(note) not in chart.caption:
            yield f"does not say that something is missing: {note}"
    label = "series" if "series" in chart.table else "label"
    shown = estimates(chart.table)[label]
    for name in set(missing[label]) - set(shown):
        head = style.label(str(name), 16).rstrip("…")
        if not any(head.split(",")[0][:12] in text.replace("\n", " ") for text in _texts(chart)):
            yield f"drops {name}, which was not measured"
    if len(missing) and set(missing[label]) - set(shown) and not _hatched(chart):
        yield "hatches nothing for what was not measured"


def _what_is_not_ours_is_marked(chart: Chart) -> Iterator[str]:
    kinds = set(chart.table["what"])
    if PUBLISHED in kinds and "published figures of other machines" not in chart.caption:
        yield "does not say that published figures are of other machines"
    if ASSUMED in kinds and "assumption, not measured here" not in chart.caption:
        yield "does not say that something is assumed"


def _it_can_be_read_aloud(chart: Chart) -> Iterator[str]:
    if len(chart.alt) < 20:
        yield "has no alternative text"
    if not chart.title:
        yield "has no title"


def _data_is_behind_it(chart: Chart) -> Iterator[str]:
    for column in ("machine", "evidence", "case", "value", "low", "high", "unit", "processes"):
        if column not in chart.table:
            yield f"has a table without {column}"


RULES: tuple[Callable[[Chart], Iterator[str]], ...] = (
    _value_axis_is_named,
    _intervals_are_defined,
    _values_have_intervals,
    _bars_begin_at_zero,
    _wide_ranges_are_logarithmic,
    _linear_axes_begin_at_zero,
    _ratios_stand_about_one,
    _machines_are_on_the_same_scale,
    _colours_can_be_told,
    _lines_differ_without_colour,
    _print_can_be_read,
    _texts_stay_inside,
    _what_is_missing_is_marked,
    _what_is_not_ours_is_marked,
    _it_can_be_read_aloud,
    _data_is_behind_it,
)


def _axes(chart: Chart) -> list[Axes]:
    return [axes for axes in chart.figure.axes if axes.axison]


def _text_artists(chart: Chart) -> list[Text]:
    unseen = {
        id(label)
        for axes in chart.figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for label in _beyond(axis)
    }
    found = chart.figure.findobj(Text)
    return [
        text
        for text in found
        if text.get_text().strip() and text.get_visible() and id(text) not in unseen
    ]


def _beyond(axis: Axis) -> Iterator[Text]:
    """Give the labels of ticks that lie outside of an axis, which are never drawn."""
    low, high = sorted(axis.get_view_interval())
    for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
        if not low <= float(tick.get_loc()) <= high:
            yield from (tick.label1, tick.label2)


def _texts(chart: Chart) -> list[str]:
    return [text.get_text() for text in _text_artists(chart)]


def _lines(chart: Chart) -> list[Any]:
    return [line for axes in _axes(chart) for line in axes.lines]


def _look(handle: Any) -> tuple[object, ...]:
    """Return what tells a legend's entry from others in print without colour."""
    if isinstance(handle, Patch):
        return ("patch", handle.get_hatch())
    dashes = handle._unscaled_dash_pattern
    return (handle.get_marker(), handle.get_linestyle(), str(dashes))


def _hatched(chart: Chart) -> bool:
    return bool(
        chart.figure.findobj(lambda found: isinstance(found, Patch) and bool(found.get_hatch()))
    )
