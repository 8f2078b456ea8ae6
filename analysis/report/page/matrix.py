"""Compare machines side by side: the cost of headline cases as ratios to the first machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .listing import Cell, Line, Listing

MOST_COLUMNS = 6  # machines; with more of them, machines are the rows
FEWEST, MOST = 3, 16  # cases
# The cases that best summarise a machine, one line of the page each.
HEADLINES = (
    "instruction/wrpkru-same",
    "switch/wrpkru-raw/pages:1",
    "switch/pkey-mprotect/pages:1",
    "switch/mprotect/pages:1",
    "protect/mprotect-rw-ro/pages:1",
    "protect/mprotect-rw-ro/pages:33",
    "protect/mprotect-rw-ro/pages:34",
    "protect/mprotect-rw-ro/pages:512",
    "threads/mprotect-siblings/siblings:sleeping/threads:2",
    "threads/mprotect-siblings/siblings:spinning/threads:2",
    "fault/pkey-repair",
    "fault/mprotect-repair",
    "kernel/signal-plain",
    "application/keystore-key/work:aes",
    "application/keystore-mprotect/work:aes",
    "syscall/getppid",
)


@dataclass(frozen=True)
class Place:
    """A case on a machine, as the matrix shows it."""

    line: Line
    machine: int
    cell: Cell
    is_base: bool


@dataclass(frozen=True)
class Matrix:
    """Cases by machines, or machines by cases where there are many."""

    name: str
    corner: str
    headings: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Place]]]
    base: str
    exact: bool


def matrix(listing: Listing) -> Matrix | None:
    """Return the headline cases of several machines."""
    lines = _headlines(listing)
    if not listing.several or not lines:
        return None
    names = listing.result_set.names
    by_case = len(names) <= MOST_COLUMNS
    cells = [
        [Place(line, place, cell, place == 0) for place, cell in enumerate(line.cells)]
        for line in lines
    ]
    cases = [line.case for line in lines]
    return Matrix(
        name=f"{listing.key}-ratios",
        corner="case" if by_case else "machine",
        headings=names if by_case else cases,
        rows=list(
            zip(
                cases if by_case else names,
                cells if by_case else [list(column) for column in zip(*cells, strict=True)],
                strict=True,
            )
        ),
        base=names[0],
        exact=listing.result_set.exact,
    )


def _headlines(listing: Listing) -> list[Line]:
    lines = {line.case: line for line in listing.lines}
    found = [lines[case] for case in HEADLINES if case in lines]
    return found if len(found) >= FEWEST else listing.lines[:MOST]
