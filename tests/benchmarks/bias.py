"""Compare pkbench's figures with bare C loops of the same operations.

Both run in this process, on one CPU, alternating every tenth of a millisecond, so that what drifts
weighs on both alike. Of both, what was timed beside another hardware thread on the core is left
out. Where in its page a loop lies moves a system call's time by up to a third on some CPUs: each
repetition looks at bare loops in several places, drawn anew, and compares with the one that was
fastest; the look is not in the figure. Pages are mapped anew, too, for what lies where in the
caches is part of a figure. Prints, for each operation, the ratio of the medians (pkbench over
bare): the median over all repetitions, its 95 % interval (of order statistics; Conover, Practical
Nonparametric Statistics, third edition, 3.2), and each; then how much longer the slowest place
took than the fastest.

    python tests/benchmarks/bias.py [--repetitions 10] [--values 1000]
"""

import argparse
import contextlib
import ctypes
import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scipy import stats

from pkbench import crowding
from pkbench._native import ffi, lib
from pkbench.catalogue import by_name, parse_case
from pkbench.session import Session

Timed = Callable[[int], float]  # loops -> seconds


class Value(NamedTuple):
    """What was timed, and the longer of what a no-op took before and after it."""

    seconds: float
    nop_seconds: float


FLAGS = ("-O2", "-Wall", "-Wextra", "-falign-functions=4096", "-fno-align-loops")
PLACES = ("CHANGE_PLACE", "GETPPID_PLACE", "SAME_PLACE")
PAGE, STEP = 4096, 4
PLACES_TRIED = 6
LOOKS = 30
CASES = {
    "rw_ro": "protect/mprotect-rw-ro/pages:1",
    "ro_rw": "protect/mprotect-ro-rw/pages:1",
    "none_rw": "protect/mprotect-none-rw/pages:1",
    "rw_ro_34": "protect/mprotect-rw-ro/pages:34",
    "same": "syscall/mprotect-same",
    "getppid": "syscall/getppid",
}
LOOP_NAMES = (*CASES, "there_and_back")
WAYS = {"bare": "the system call inline", "libc": "by the C library's function"}
LOOPS = 96  # a multiple of the batches of both, some 0.1 ms for mprotect
GETPPID_LOOPS = 800
LOOPS_OF = {"same": 400, "getppid": GETPPID_LOOPS}


class Bare(NamedTuple):
    """A bare loop where it is fastest, and how much longer it takes where it is slowest."""

    timed: Timed
    slowest: float


class Row(NamedTuple):
    """What is compared, and how many iterations a value has."""

    name: str
    ours: Timed
    bare: Bare
    loops: int


def build(folder: Path, **places: int) -> ctypes.CDLL:
    """Compile the bare loops, each at a place in its page."""
    library = folder / f"bare-{'-'.join(str(place) for place in places.values())}.so"
    source = Path(__file__).with_name("bare.c")
    defined = [f"-D{name}={place}" for name, place in places.items()]
    compiler = os.environ.get("CC", "cc")
    subprocess.run(
        [compiler, *FLAGS, *defined, "-shared", "-fPIC", "-o", library, source], check=True
    )
    bare = ctypes.CDLL(str(library))
    bare.bare_pages.restype, bare.bare_share.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    for way in WAYS:
        for loop in LOOP_NAMES:
            function = getattr(bare, f"{way}_{loop}")
            function.argtypes, function.restype = [ctypes.c_uint64], ctypes.c_double
    return bare


def build_somewhere(folder: Path, number: int) -> list[ctypes.CDLL]:
    """Compile the bare loops at several places of their own, drawn by the repetition's number."""
    drawn = random.Random(number)
    found = []
    for _ in range(PLACES_TRIED):
        places = {name: STEP * drawn.randrange(PAGE // STEP) for name in PLACES}
        found.append(build(folder, **places))
    first = found[0]
    if first.bare_prepare():
        raise SystemExit("the bare loops' pages could not be mapped")
    for library in found[1:]:
        library.bare_share(first.bare_pages())
    return found


def fastest(libraries: Sequence[ctypes.CDLL], name: str, loops: int) -> Bare:
    """Look at a loop in each place, in turn; return the one whose median is the least."""
    found: list[Timed] = [getattr(library, name) for library in libraries]
    looks: list[list[float]] = [[] for _ in found]
    for _ in range(LOOKS):
        for timed, kept in zip(found, looks, strict=True):
            kept.append(timed(loops))
    middles = [statistics.median(kept) for kept in looks]
    best = min(range(len(found)), key=middles.__getitem__)
    return Bare(found[best], max(middles) / middles[best])


def pkbench(session: Session) -> Timed:
    """Return pkbench's own timing of a proved case, as a piece of a value is timed."""
    return lambda loops: float(session.measure(loops, loops, longest_nop=1.0).seconds)


def opened(stack: contextlib.ExitStack, case: str) -> Session:
    """Open a case and prove it."""
    session = stack.enter_context(Session(parse_case(case)))
    session.verify()
    return session


def same_code(benchmark: str) -> Timed:
    """Return a timing of the very function that pkbench times, called without the rest of it.

    Only for operations without state. Reading the clock from Python costs a microsecond a value.
    """
    run = by_name()[benchmark].native.run

    def timed(loops: int) -> float:
        began = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
        run(ffi.NULL, loops)
        return (time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW) - began) * 1e-9

    return timed


def ratio(ours: Timed, theirs: Timed, loops: int, values: int) -> float:
    """Return the ratio of the medians of alternating values, in the order ABBA.

    Of those that had the core to themselves; of all where that is less than a tenth.
    """
    taken: tuple[list[Value], list[Value]] = ([], [])
    sides = ((ours, taken[0]), (theirs, taken[1]))
    before = lib.pk_nop_seconds()
    for number in range(values):
        for timed, kept in sides if number % 2 == 0 else sides[::-1]:
            seconds = timed(loops)
            after = lib.pk_nop_seconds()
            kept.append(Value(seconds, max(before, after)))
            before = after
    best = crowding.best(value.nop_seconds for side in taken for value in side)
    return middle(taken[0], best) / middle(taken[1], best)


def middle(values: Sequence[Value], best: float) -> float:
    """Return the median of the values that had the core to themselves."""
    alone = [value.seconds for value in values if not crowding.crowded(value.nop_seconds, best)]
    if len(alone) * 10 < len(values):
        alone = [value.seconds for value in values]
    return statistics.median(alone)


def rows(libraries: Sequence[ctypes.CDLL], ours: dict[str, Timed]) -> Iterator[Row]:
    """Give what is compared: pkbench's timing, the bare loop's, and the iterations of a value."""
    yield Row(
        "getppid, the same machine code without pkbench",
        ours["getppid"],
        Bare(same_code("syscall/getppid"), 1.0),
        GETPPID_LOOPS,
    )
    for way, meaning in WAYS.items():
        for name, case in CASES.items():
            loops = LOOPS_OF.get(name, LOOPS)
            bare = fastest(libraries, f"{way}_{name}", loops)
            yield Row(f"{case}, {meaning}", ours[name], bare, loops)
        bare = fastest(libraries, f"{way}_there_and_back", LOOPS)
        there_and_back = f"there and back on one page, {meaning}"
        yield Row(
            there_and_back,
            lambda number: ours["rw_ro"](number) + ours["ro_rw"](number),
            bare,
            LOOPS,
        )


def repeat(folder: Path, number: int, values: int, only: str) -> Iterator[tuple[str, float, float]]:
    """Give each row's ratio, and how much its place weighs, of one repetition."""
    libraries = build_somewhere(folder, number)
    with contextlib.ExitStack() as stack:
        ours = {name: pkbench(opened(stack, case)) for name, case in CASES.items()}
        for row in rows(libraries, ours):
            if only in row.name:
                yield row.name, ratio(row.ours, row.bare.timed, row.loops, values), row.bare.slowest


def main() -> None:
    """Print a line an operation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=10)
    parser.add_argument("--only", default="", help="rows whose text holds this")
    parser.add_argument("--values", type=int, default=1000)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    found: dict[str, list[float]] = {}
    slowest: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.repetitions):
            for name, one, slower in repeat(Path(folder), number, arguments.values, arguments.only):
                found.setdefault(name, []).append(one)
                slowest[name] = max(slower, slowest.get(name, 1.0))
    for name, ratios in found.items():
        each = " ".join(f"{one:.4f}" for one in ratios)
        interval: Any = stats.quantile_test(ratios).confidence_interval(0.95)
        told = f"{statistics.median(ratios):.4f} [{interval.low:.4f} to {interval.high:.4f}]"
        print(f"{name:60} {told} of {each}; slowest place {slowest[name]:.2f}")


if __name__ == "__main__":
    main()
