"""Set how every figure looks: sizes, colours, fonts, and the bytes of its files."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import matplotlib as mpl
import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

# Inches: the width of one column and of two in the IEEE and ACM styles.
ONE_COLUMN, TWO_COLUMNS = 3.5, 7.16
WIDTHS = {"one": ONE_COLUMN, "two": TWO_COLUMNS}
SMALLEST, LARGEST = 7, 9  # points: the sizes of readable print that is no headline
INK = "#1a1a1a"
PALE = "#d0d0d0"
MARK = "#555555"  # of lines that mark a place and are no data
# Okabe and Ito's colours without yellow, which can't be seen on white. Each has a marker and a dash
# of its own, so that a figure can be read in greyscale print.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)), (0, (8, 2)))
GREY_LINE: dict[str, Any] = {"color": "#9a9a9a", "linewidth": 0.6, "zorder": 1}
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "++", "oo")

SETTINGS: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "text.color": INK,
    "text.parse_math": False,  # names come from files: a dollar sign in them starts no formula
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "pkbench",  # the same figure must give the same bytes
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}


def settings() -> Any:
    """Return the context manager in which figures are drawn and saved."""
    return mpl.style.context(["default", SETTINGS])


def colour(place: int) -> str:
    """Return the colour of the series at that place."""
    return COLOURS[place % len(COLOURS)]


def marker(place: int) -> str:
    """Return the marker of the series at that place."""
    return MARKERS[place % len(MARKERS)]


def hatch(place: int) -> str:
    """Return the bar pattern of the series at that place."""
    return HATCHES[place % len(HATCHES)]


def label(name: str, longest: int = 40) -> str:
    """Return a name, cut where it is longer than `longest` characters."""
    return name if len(name) <= longest else name[: longest - 1] + "…"


def short(number: float) -> str:
    """Return a round number as the label of a tick: 10k, 1M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.4g}{unit}"
    return f"{number:.4g}"


def wrapped(text: str, width: int, lines: int = 2) -> str:
    """Return a text in at most `lines` lines of `width` characters, cut where it is longer."""
    return "\n".join(
        textwrap.wrap(text, width, max_lines=lines, placeholder="…", break_on_hyphens=True)
    )


def columns(number: int, most: int) -> int:
    """Return the number of columns, at most `most`, that fills the fewest rows most evenly."""
    return math.ceil(number / max(1, math.ceil(number / most)))


def powers_of_two(axes: Axes, points: list[int]) -> None:
    """Scale the x axis by powers of two, with a few of them labelled as plain numbers."""
    axes.set_xscale("log", base=2)
    low, high = min(points), max(points)
    exponents = range((low - 1).bit_length(), high.bit_length())
    step = max(1, -(-len(exponents) // 5))
    ticks = [2**exponent for exponent in exponents[::step]] or [low]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()


def line(place: int) -> dict[str, Any]:
    """Return the look of the line of the series at that place.

    Markers are hollow and shrink from series to series, so that equal lines can all be seen.
    """
    return {
        "color": COLOURS[place % len(COLOURS)],
        "marker": MARKERS[place % len(MARKERS)],
        "linestyle": DASHES[place % len(DASHES)],
        "markersize": max(2.5, 6.5 - 0.9 * place),
        "markerfacecolor": "none",
    }


def settle(figure: Figure) -> Figure:
    """Lay a figure out once: a layout at each save would move its parts a little each time."""
    engine = figure.get_layout_engine()
    if engine is not None:
        ticks = _ticks(figure)
        engine.execute(figure)
        if _ticks(figure) != ticks:  # ticks depend on the length of the axis, and need room too
            engine.execute(figure)
    figure.set_layout_engine("none")
    return figure


def _ticks(figure: Figure) -> list[list[float]]:
    """Return the positions of the ticks on each axis."""
    axes = [axis for each in figure.axes for axis in (each.xaxis, each.yaxis)]
    return [[float(place) for place in axis.get_majorticklocs()] for axis in axes]


def svg(figure: Figure) -> bytes:
    """Return a figure as an SVG document, the same bytes for the same figure."""
    buffer = io.BytesIO()
    # savefig would draw twice, the first time only for the layout, which is settled already.
    with settings():
        canvas = FigureCanvasSVG(figure)
        metadata = {"Date": None, "Creator": "pkbench"}
        canvas.print_svg(buffer, metadata=metadata)  # type: ignore[no-untyped-call]
    return buffer.getvalue()


def pdf(figure: Figure) -> bytes:
    """Return a figure as a PDF page of its own size, fonts embedded as TrueType (type 42)."""
    metadata = {"CreationDate": None, "Creator": "pkbench", "Producer": None}
    return _saved(figure, format="pdf", metadata=metadata)


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG image of 300 dots an inch."""
    return _saved(figure, format="png", dpi=300, metadata={"Software": "pkbench"})


FORMATS: Mapping[str, Callable[[Figure], bytes]] = {"svg": svg, "pdf": pdf, "png": png}


def _saved(figure: Figure, **options: Any) -> bytes:
    buffer = io.BytesIO()
    with settings():
        figure.savefig(buffer, **options)
    return buffer.getvalue()
