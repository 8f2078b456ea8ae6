"""Show what an operation costs beside another hardware thread on its core, by how much that takes.

Times two operations in pieces of 50 µs, with no-ops before and after each. Prints, for each range
of what a no-op took as a multiple of its best, how many pieces fell into it, and what an operation
cost in their median, and in the middle half of them. Then the same of values of forty pieces whose
no-ops took what they take on a core alone, for what a branch that can't be predicted took.

    python tests/benchmarks/smt_contention.py [--seconds 10]
"""

import argparse
import os
import time
from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

import numpy as np

from pkbench.cases.catalogue import parse_case
from pkbench.worker import smt_contention
from pkbench.worker.session import Session

CASES = {"syscall/getppid": 320, "protect/mprotect-rw-ro/pages:1": 48}  # iterations of a piece
BOUNDS = (1.01, smt_contention.NOPS_CONTENDED, 1.05, 1.1, 1.2, 1.3, 1.5, 1.7, 2.0, float("inf"))
OF_BRANCHES = (1.01, smt_contention.BRANCHES_CONTENDED, 1.06, 1.1, 1.15, 1.2, float("inf"))
PIECES = 40  # of a value


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


class Value(NamedTuple):
    """A value, and what was read beside it, in core cycles."""

    cycles: float
    nop: tuple[float, bool]  # as `crowding.best` takes it
    branch: tuple[float, bool]


def take_values(case: str, loops: int, seconds: float) -> list[Value]:
    """Take values of a case for so long."""
    found = []
    with Session(parse_case(case)) as session:
        session.verify()
        end, after = time.monotonic() + seconds, session.calibrate_clock(branches=True)
        while time.monotonic() < end:
            before = after
            value = session.measure(PIECES * loops, loops, 1.0)
            after = session.calibrate_clock(branches=True)
            add = min(before.add_seconds, after.add_seconds)
            multiply = min(before.multiply_seconds, after.multiply_seconds)
            branch = fmean((before.branch_cycles, after.branch_cycles))
            looks = [
                (cycles, smt_contention.consistent(add, multiply))
                for cycles in (value.nop_seconds / add, branch)
            ]
            found.append(Value(value.seconds / (PIECES * loops) / add, *looks))
        session.verify()
    return found


def show(case: str, pieces: Sequence[Piece]) -> None:
    """Print a line a range of what no-ops took."""
    best = smt_contention.uncontended_cycles((piece.nop_seconds, True) for piece in pieces)
    print(f"{case}: {len(pieces):,} pieces, a no-op takes {best * 1e9:.4f} ns at best")
    show_ranges([(p.nop_seconds / best, p.seconds * 1e9) for p in pieces], BOUNDS, "ns")


def show_values(case: str, values: Sequence[Value]) -> None:
    """Print a line a range of what branches took."""
    best_nop = smt_contention.uncontended_cycles(value.nop for value in values)
    values = [value for value in values if not smt_contention.contended(value.nop[0], best_nop)]
    best = smt_contention.uncontended_cycles(
        (value.branch for value in values), smt_contention.BRANCHES_CONTENDED
    )
    if not best:
        print(f"{case}: the chains hardly ever agree")
        return
    print(f"{case}: {len(values):,} values, a random branch takes {best:.2f} cycles at best")
    show_ranges([(v.branch[0] / best, v.cycles) for v in values], OF_BRANCHES, "cycles")


def show_ranges(found: Sequence[tuple[float, float]], bounds: Sequence[float], unit: str) -> None:
    """Print a line a range: of (what something took by its best, what the operation cost)."""
    low = 0.0
    for high in bounds:
        within = [cost for times, cost in found if low < times <= high]
        if within:
            lower, middle, upper = np.quantile(within, (0.25, 0.5, 0.75))
            share = len(within) / len(found)
            spread = f"{lower:8.1f} to {upper:.1f}"
            print(f"  to {high:4.2f}: {share:6.1%}  {middle:8.1f} {unit}  {spread}")
        low = high


def main() -> None:
    """Print a table a case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10, help="for each operation")
    seconds = parser.parse_args().seconds
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for case, loops in CASES.items():
        show(case, take(case, loops, seconds))
        show_values(case, take_values(case, loops, seconds))


if __name__ == "__main__":
    main()
