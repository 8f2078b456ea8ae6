"""Draw boxes as one SVG document, with search and zoom where scripts may run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources

import jinja2

from ..reading.bounded_json import clean
from .tree import Box

WIDTH = 1200  # of the drawing, in its own units
FRAME_HEIGHT = 18
MARGIN = 10
HEAD = 84  # the height of title, subtitle and legend
FOOT = 30
LETTER = 6.63  # the width of a letter in the fixed-width font of frames
LONGEST_LINE = 160


@dataclass(frozen=True)
class Look:
    """The look of a frame, and its texts."""

    fill: str
    label: str
    words: str  # all about it, shown when a reader points at it


@dataclass(frozen=True)
class Swatch:
    """An entry of the legend."""

    fill: str
    label: str


@dataclass(frozen=True)
class Frame:
    """A frame as it is drawn at first, and what zooming needs."""

    x: str
    y: int
    width: str
    text: str
    box: Box
    look: Look


def draw(
    boxes: Sequence[Box],
    lines: Sequence[str],
    legend: Sequence[Swatch],
    look: Callable[[Box], Look],
) -> str:
    """Return the document; `lines` are the title and the lines below it."""
    depth = max(box.depth for box in boxes) + 1
    return _template().render(
        width=WIDTH,
        height=HEAD + depth * FRAME_HEIGHT + FOOT,
        frame_height=FRAME_HEIGHT,
        margin=MARGIN,
        letter=LETTER,
        total=boxes[0].width,
        lines=[clean(line, LONGEST_LINE) for line in lines],
        legend=legend,
        frames=[_frame(box, look(box), boxes[0].width, depth) for box in boxes],
        style=_asset("flame.css"),
        script=_asset("flame.js"),
    )


def _frame(box: Box, look: Look, total: int, depth: int) -> Frame:
    scale = (WIDTH - 2 * MARGIN) / max(total, 1)
    width = box.width * scale
    return Frame(
        x=f"{MARGIN + box.start * scale:.2f}",
        y=HEAD + (depth - 1 - box.depth) * FRAME_HEIGHT,
        width=f"{width:.2f}",
        text=_fitted(look.label, width),
        box=box,
        look=look,
    )


def _fitted(label: str, width: float) -> str:
    """Return as much of a label as a frame can hold; flame.js has the same rule."""
    letters = int((width - 6) / LETTER)
    if letters >= len(label):
        return label
    return f"{label[: letters - 1]}…" if letters >= 4 else ""


def _asset(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8").strip()


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(_asset("flame.svg") + "\n")
