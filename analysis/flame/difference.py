"""Draw a differential flame graph: the functions with more or less in one of two profiles."""

from __future__ import annotations

from .caption import Caption, plain_name, subject
from .colours import of_change
from .folded import Stacks, total
from .graph import ROOT
from .picture import Look, Swatch, draw
from .tree import Box, boxes, grow

RULE = (
    "Each function is as wide as the larger of its own two counts, so both removed and new "
    "functions can be seen. Colours: change of its own count. A removed function may "
    "have been inlined into its caller: the table of changes tells."
)


def svg(baseline: Stacks, new: Stacks, caption: Caption) -> str:
    """Return the graph as an SVG document.

    Both profiles must be of the same amount of work, such as one operation. Frames are coloured by
    the change of the function itself, without the functions that it calls.
    """
    frames = boxes(grow([baseline, new], ROOT))
    before, after = total(baseline), total(new)
    largest = max(abs(_own(box)) for box in frames)
    sums = f"{_both(before, after, caption)} in all ({caption.change(before, after)})."
    return draw(
        frames,
        [caption.title, f"{caption.subtitle} {sums}", RULE],
        _legend(largest, caption),
        lambda box: _look(box, largest, caption),
    )


def _own(box: Box) -> int:
    return 0 if box.merged else box.own[1] - box.own[0]


def _both(before: int, after: int, caption: Caption) -> str:
    return f"{caption.amount(before)} → {caption.amount(after)} {caption.unit}"


def _look(box: Box, largest: int, caption: Caption) -> Look:
    before, after = box.whole
    changed = f" {caption.signed(_own(box))}" if _own(box) else ""
    words = f"{subject(box)}: {_both(before, after, caption)} ({caption.change(before, after)})"
    own = f"; in itself {_both(box.own[0], box.own[1], caption)}" if box.own != box.whole else ""
    fill = of_change(_own(box) / largest if largest else 0)
    return Look(fill, f"{plain_name(box.name)}{changed}", words + own)


def _legend(largest: int, caption: Caption) -> list[Swatch]:
    """Return the ends and the middle of the scale."""
    if not largest:
        return [Swatch(of_change(0), "no change")]
    return [
        Swatch(of_change(-1), caption.signed(-largest)),
        Swatch(of_change(-0.5), "less"),
        Swatch(of_change(0), "no change"),
        Swatch(of_change(0.5), "more"),
        Swatch(of_change(1), caption.signed(largest)),
    ]
