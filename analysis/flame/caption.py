"""What a flame graph says about itself in words, and how it writes numbers."""

from __future__ import annotations

from dataclasses import dataclass

from .folded import KERNEL
from .tree import Box


@dataclass(frozen=True)
class Caption:
    """The words around a flame graph."""

    title: str  # what was done, as in `protect/mprotect-rw-ro/pages:1`
    subtitle: str  # where and how it was counted, as in `Linux 6.1.192: instructions, exact`
    unit: str  # what the counts count, as in `instructions`


def plain_name(name: str) -> str:
    """Return a function's name without the mark that says whose it is."""
    return name.removesuffix(KERNEL)


def share(part: int, whole: int) -> str:
    """Return a part of the whole in percent."""
    return f"{100 * part / whole:.1f} %" if whole else "0 %"


def change(before: int, after: int) -> str:
    """Return a change with its sign: a word where a share of nothing would have to be told."""
    if before == after:
        return "no change"
    if not before or not after:
        return "gone" if before else "new"
    return f"{signed(after - before)}, {signed_share(before, after)}"


def signed(number: int) -> str:
    """Return a number with its sign."""
    return f"{'−' if number < 0 else '+'}{abs(number):,}" if number else "±0"


def signed_share(before: int, after: int) -> str:
    """Return a change in percent of what was before."""
    percent = 100 * (after - before) / before
    return f"{'−' if percent < 0 else '+'}{abs(percent):.1f} %"


def owner(box: Box) -> str:
    """Return whose code a frame is, nothing where it isn't marked as the kernel's."""
    return " (kernel)" if box.name.endswith(KERNEL) else ""


def subject(box: Box) -> str:
    """Return what a frame stands for."""
    if box.merged:
        return f"{box.merged:,} narrow {'frame' if box.merged == 1 else 'frames'}"
    return f"{plain_name(box.name)}{owner(box)}"
