"""Show what an operation costs beside another hardware thread on its core, by how much that takes.

Times two operations in pieces of 50 µs, with no-ops before and after each. Prints, for each range
of what a no-op took as a multiple of its best, how many pieces fell into it, and what an operation
cost in their median, and in the middle half of them.

    python tests/benchmarks/crowding.py [--seconds 10]
"""

import argparse
import os
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pkbench import crowding
from pkbench.catalogue import parse_case
from pkbench.session import Session

CASES = {"syscall/getppid": 320, "protect/mprotect-rw-ro/pages:1": 48}  # iterations of a piece
BOUNDS = (1.01, crowding.CROWDED, 1.05, 1.1, 1.2, 1.3, 1.5, 1.7, 2.0, float("inf"))


class Piece(NamedTuple):
    """One piece: what an operation took, and a no-op beside it, in seconds."""

    seconds: float
    nop_seconds: float


def take(case: str, loops: int, seconds: float) -> list[Piece]:
    """Time pieces of a case for so long."""
    found = []
    with Session(parse_case(case)) as session:
        session.verify()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = session.measure(loops, loops, 1.0)
            found.append(Piece(value.seconds / loops, value.nop_seconds))
        session.verify()
    return found


def show(case: str, pieces: Sequence[Piece]) -> None:
    """Print a line a range."""
    best = crowding.best((piece.nop_seconds, True) for piece in pieces)
    print(f"{case}: {len(pieces):,} pieces, a no-op takes {best * 1e9:.4f} ns at best")
    low = 0.0
    for high in BOUNDS:
        within = [p.seconds * 1e9 for p in pieces if low < p.nop_seconds / best <= high]
        if within:
            lower, middle, upper = np.quantile(within, (0.25, 0.5, 0.75))
            share = len(within) / len(pieces)
            print(f"  to {high:4.2f}: {share:6.1%}  {middle:8.1f} ns  {lower:8.1f} to {upper:.1f}")
        low = high


def main() -> None:
    """Print a table a case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10, help="for each operation")
    seconds = parser.parse_args().seconds
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for case, loops in CASES.items():
        show(case, take(case, loops, seconds))


if __name__ == "__main__":
    main()
