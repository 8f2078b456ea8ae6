"""Kernels in the order of their versions, and what is known to have changed between them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..estimate.result_set import ResultSet
from ..reading.fields import text_of
from ..reading.result import Result

Version = tuple[int, ...]


@dataclass(frozen=True)
class Change:
    """A change of the paths that changing protection takes, with who says so."""

    name: str  # of the version that it came with
    what: str
    source: str

    @property
    def version(self) -> Version:
        """The version that it came with."""
        return version(self.name)


CHANGES = (
    Change("5.19", "no flush where the architecture needs none", "N. Amit, in the commit's text"),
    Change(
        "6.1",
        "back to writable, a page of one's own is made so at once instead of by the next store's "
        "fault",
        "read in its source",
    ),
    Change(
        "6.4",
        "a fault takes the lock of its mapping instead of the address space's",
        "read in its source",
    ),
    Change(
        "6.17",
        "mprotect takes the pages of a large folio together, which costs small ones",
        "commit cac1db8c3aad; L. Yang, linux-mm, 13 February 2026: 4,000 KiB from 18.8 to 44.1 µs "
        "on an EPYC Milan",
    ),
    Change(
        "7.3",
        "loops and calls of that path made smaller, here or shortly before",
        "P. Falcato, linux-mm, March and April 2026; contained in the source of 7.3",
    ),
)


def version(text: str) -> Version:
    """Return the numbers of a version, wherever in a text: (6, 12, 117) in `Linux 6.12.117-1`."""
    found = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(int(number) for number in found[0].split(".")) if found else ()


def kernels(result_set: ResultSet) -> list[tuple[str, Result]]:
    """Return the machines of a result set in the order of their kernels' versions."""

    def order(machine: tuple[str, Result]) -> Version:
        facts = machine[1].machine
        return version(text_of(facts.get("kernel_version")) or text_of(facts.get("kernel")))

    return sorted(result_set.machines, key=order)


def changes_between(first: Version, last: Version) -> Sequence[Change]:
    """Return the changes that came after a version, up to another."""
    return [change for change in CHANGES if first < change.version <= last]
