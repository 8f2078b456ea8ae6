"""Draw a flame graph: one profile's call tree, each frame as wide as its count."""

from __future__ import annotations

from .caption import Caption, plain_name, share, subject
from .colours import of_owner
from .folded import KERNEL, Stacks
from .picture import Look, Swatch, draw
from .tree import Box, boxes, grow

ROOT = "all"


def svg(stacks: Stacks, caption: Caption) -> str:
    """Return the flame graph as an SVG document, the same bytes for the same stacks."""
    frames = boxes(grow([stacks], ROOT))
    total = frames[0].width
    lines = [caption.title, caption.subtitle, f"{caption.amount(total)} {caption.unit} in all."]
    return draw(frames, lines, _legend(frames), lambda box: _look(box, total, caption))


def _look(box: Box, total: int, caption: Caption) -> Look:
    count = f"{caption.amount(box.whole[0])} {caption.unit}, {share(box.whole[0], total)}"
    own = f"; in itself {caption.amount(box.own[0])}" if box.own != box.whole else ""
    return Look(of_owner(box), plain_name(box.name), f"{subject(box)}: {count}{own}")


def _legend(frames: list[Box]) -> list[Swatch]:
    """Explain the colours of kernel and user mode, where both occur."""
    named = [box for box in frames if box.depth and not box.merged]
    kernel = [box for box in named if box.name.endswith(KERNEL)]
    if not kernel or len(kernel) == len(named):
        return []
    user = next(box for box in named if not box.name.endswith(KERNEL))
    return [Swatch(of_owner(kernel[0]), "kernel"), Swatch(of_owner(user), "user mode")]
