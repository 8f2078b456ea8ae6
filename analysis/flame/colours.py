"""Colour frames so that colour-blind readers can distinguish them behind black letters."""

from __future__ import annotations

import zlib

from .folded import KERNEL
from .tree import Box

# Okabe and Ito's orange and sky blue; the third is for frames without an owner.
KERNEL_HUE = (230, 159, 0)
USER_HUE = (86, 180, 233)
NEUTRAL = (235, 235, 235)


def of_owner(box: Box) -> str:
    """Return a frame's colour: its hue by owner, its shade by name."""
    if box.merged or box.depth == 0:
        return _hex(NEUTRAL)
    hue = KERNEL_HUE if box.name.endswith(KERNEL) else USER_HUE
    shade = zlib.crc32(box.name.encode()) % 8 / 16
    return _hex(_between(hue, (255, 255, 255), shade))


def of_change(change: float) -> str:
    """Return the colour of a change from −1, blue, by 0, grey, to 1, orange."""
    hue = KERNEL_HUE if change > 0 else USER_HUE
    return _hex(_between(NEUTRAL, hue, min(1.0, abs(change))))


def _between(
    start: tuple[int, int, int], end: tuple[int, int, int], share: float
) -> tuple[int, ...]:
    return tuple(round(a + (b - a) * share) for a, b in zip(start, end, strict=True))


def _hex(colour: tuple[int, ...]) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
