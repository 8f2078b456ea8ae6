"""Write the words around a flame graph and the numbers in it."""

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
    operations: int = 1  # that the counts are of; numbers are shown per operation

    def amount(self, count: int) -> str:
        """Return a count per operation: whole where it is whole, else to a hundredth."""
        whole = count % self.operations == 0
        return f"{count // self.operations:,}" if whole else f"{count / self.operations:,.2f}"

    def signed(self, count: int) -> str:
        """Return a change per operation with its sign."""
        return f"{'−' if count < 0 else '+'}{self.amount(abs(count))}" if count else "±0"

    def change(self, before: int, after: int) -> str:
        """Return a change and its percentage, or a word where one of the counts is zero."""
        if before == after:
            return "no change"
        if not before or not after:
            return "gone" if before else "new"
        return f"{self.signed(after - before)}, {signed_share(before, after)}"


def plain_name(name: str) -> str:
    """Return a function's name without the mark of the kernel."""
    return name.removesuffix(KERNEL)


def share(part: int, whole: int) -> str:
    """Return a part of the whole in per cent."""
    return f"{100 * part / whole:.1f} %" if whole else "0 %"


def signed_share(before: int, after: int) -> str:
    """Return a change in per cent of the value before."""
    percent = 100 * (after - before) / before
    return f"{'−' if percent < 0 else '+'}{abs(percent):.1f} %"


def owner(box: Box) -> str:
    """Return ` (kernel)` for a frame of the kernel, else ""."""
    return " (kernel)" if box.name.endswith(KERNEL) else ""


def subject(box: Box) -> str:
    """Return the function, or the merged frames, that a frame stands for."""
    if box.merged:
        return f"{box.merged:,} narrow {'frame' if box.merged == 1 else 'frames'}"
    return f"{plain_name(box.name)}{owner(box)}"
