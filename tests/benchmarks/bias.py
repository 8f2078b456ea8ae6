"""Compare pkbench's figures with bare C loops of the same operations.

Both run in this process, on one CPU, on the same pages, alternating within half a millisecond, so
that what drifts weighs on both alike. Of both, what was timed beside another hardware thread on the
core is left out. Where in its page a loop lies moves a system call's time by up to a half on some
CPUs: the bare loop's system call lies where pkbench's does. Pages are mapped anew in each
repetition, for what lies where in the caches is part of a figure. Prints, for each operation, the
ratio of the medians (pkbench over bare): the median over all repetitions, its 95 % interval (of
order statistics; Conover, Practical Nonparametric Statistics, third edition, 3.2), and each; then
what the bare loop takes in other places, drawn anew in each repetition, the fastest and the slowest
over its time in ours.

    python tests/benchmarks/bias.py [--repetitions 10] [--values 1000]
"""

import argparse
import contextlib
import ctypes
import functools
import itertools
import mmap
import os
import random
import re
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scipy import stats

from pkbench._native import ffi, lib
from pkbench.cases.catalogue import by_name, parse_case
from pkbench.worker import smt_contention
from pkbench.worker.session import Session

Timed = Callable[[int], float]  # loops -> seconds


class Value(NamedTuple):
    """What was timed, and the longer of what a no-op took before and after it."""

    seconds: float
    nop_seconds: float


FLAGS = ("-O2", "-Wall", "-Wextra", "-falign-functions=4096", "-fno-align-loops")
SYSCALL = b"\x0f\x05"  # the instruction's bytes
PAGE, STEP = 4096, 4
# Within so many bytes of a function's begin is its system call; a bare one's after the fill.
OURS_WITHIN, BARE_WITHIN = 256, 3 * PAGE
# By what places it: a bare loop, and the benchmark whose loop it is compared with.
PLACED = {
    "CHANGE_PLACE": ("bare_change_all", "protect/mprotect-rw-ro"),
    "GETPPID_PLACE": ("bare_getppid", "syscall/getppid"),
    "SAME_PLACE": ("bare_same", "syscall/mprotect-same"),
}
OTHER_PLACES = 5
CONTENTION_LIMITS = 30
CASES = {
    "rw_ro": "protect/mprotect-rw-ro/pages:1",
    "ro_rw": "protect/mprotect-ro-rw/pages:1",
    "none_rw": "protect/mprotect-none-rw/pages:1",
    "rw_ro_34": "protect/mprotect-rw-ro/pages:34",
    "same": "syscall/mprotect-same",
    "getppid": "syscall/getppid",
}
NONE, READ, WRITE = 0, mmap.PROT_READ, mmap.PROT_READ | mmap.PROT_WRITE
CHANGES = {
    "rw_ro": (WRITE, READ),
    "ro_rw": (READ, WRITE),
    "none_rw": (NONE, WRITE),
    "rw_ro_34": (WRITE, READ),
}
PAGES_OF = {"rw_ro_34": 34}
FOUND = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) r..p 0+ 00:00 0 *$", re.MULTILINE)
WAYS = {"bare": "the system call inline", "libc": "by the C library's function"}
MAPS = Path("/proc/self/maps")
LOOPS = 128  # whole batches, some 0.1 ms for mprotect
# The first calls after Python's own code find the kernel's out of the caches, a microsecond in all;
# pkbench makes some before, to read its counters. So many that it is a thousandth.
LOOPS_OF = {"same": 2000, "getppid": 4000}


class Regions(ctypes.Structure):
    """What bare.c calls so: pages at equal distances."""

    _fields_ = (
        ("first", ctypes.c_size_t),
        ("count", ctypes.c_size_t),
        ("length", ctypes.c_size_t),
        ("stride", ctypes.c_size_t),
    )


class Ours(NamedTuple):
    """A case as pkbench times it, and the pages that it does so on."""

    timed: Timed
    regions: Regions


class Bare(NamedTuple):
    """A bare loop placed as ours is, and how much longer it takes elsewhere."""

    timed: Timed
    elsewhere: Sequence[float]  # over its time in our place


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
    pages, protection, loops = ctypes.POINTER(Regions), ctypes.c_int, ctypes.c_uint64
    for way in WAYS:
        for loop, taken in {
            "change": [pages, protection, protection, loops],
            "there_and_back": [pages, loops],
            "same": [pages, loops],
            "getppid": [loops],
        }.items():
            function = getattr(bare, f"{way}_{loop}")
            function.argtypes, function.restype = taken, ctypes.c_double
    return bare


def build_all(folder: Path, number: int) -> list[ctypes.CDLL]:
    """Compile the bare loops at pkbench's place, then at others, drawn by the repetition's number.

    Raise SystemExit where no place could be found, as on another architecture.
    """
    unplaced = build(folder, **dict.fromkeys(PLACED, 0))
    ours = {
        place: (system_call(address_of(benchmark), OURS_WITHIN) - bare_system_call(unplaced, loop))
        % PAGE
        for place, (loop, benchmark) in PLACED.items()
    }
    placed = build(folder, **ours)
    for loop, benchmark in PLACED.values():
        apart = bare_system_call(placed, loop) - system_call(address_of(benchmark), OURS_WITHIN)
        if apart % PAGE:
            raise SystemExit(f"{loop} lies {apart % PAGE} bytes from pkbench's place in a page")
    drawn = random.Random(number)
    return [
        placed,
        *(
            build(folder, **{place: STEP * drawn.randrange(PAGE // STEP) for place in PLACED})
            for _ in range(OTHER_PLACES)
        ),
    ]


def address_of(benchmark: str) -> int:
    """Return where pkbench's timed function begins."""
    return int(ffi.cast("uintptr_t", by_name()[benchmark].native.run))


def bare_system_call(library: ctypes.CDLL, function: str) -> int:
    """Return where a bare loop's system call is."""
    begin = ctypes.cast(getattr(library, function), ctypes.c_void_p).value or 0
    return system_call(begin, BARE_WITHIN)


def system_call(begin: int, within: int) -> int:
    """Return where a function's first system call is."""
    offset = ctypes.string_at(begin, within).find(SYSCALL)
    if offset < 0:
        raise SystemExit("a timed function has no x86-64 system call to place a bare loop by")
    return begin + offset


def bare_loop(library: ctypes.CDLL, way: str, name: str, regions: Regions) -> Timed:
    """Return a bare loop that does what one of our cases does, on the same pages."""
    if name == "getppid":
        return getattr(library, f"{way}_getppid")  # type: ignore[no-any-return]
    if name not in CHANGES:
        return functools.partial(getattr(library, f"{way}_{name}"), regions)
    return functools.partial(getattr(library, f"{way}_change"), regions, *CHANGES[name])


def looked_at(found: Sequence[Timed], loops: int) -> Bare:
    """Look at a loop in each place, in turn; return the first, and how the others compare."""
    looks: list[list[float]] = [[] for _ in found]
    for _ in range(CONTENTION_LIMITS):
        for timed, kept in zip(found, looks, strict=True):
            kept.append(timed(loops))
    here, *elsewhere = map(statistics.median, looks)
    return Bare(found[0], [each / here for each in elsewhere])


def pkbench(session: Session) -> Timed:
    """Return pkbench's own timing of a proved case, as a piece of a value is timed."""
    return lambda loops: float(session.measure(loops, loops, longest_nop=1.0).seconds)


def opened(stack: contextlib.ExitStack, name: str) -> Ours:
    """Open a case and prove it; find the pages that it has mapped."""
    length = PAGES_OF.get(name, 1) * mmap.PAGESIZE
    before = mapped(length)
    session = stack.enter_context(Session(parse_case(CASES[name])))
    session.verify()
    found = sorted(mapped(length) - before)
    if not found and name != "getppid":
        raise SystemExit(f"the pages that {CASES[name]} has mapped are not in {MAPS}")
    return Ours(pkbench(session), as_regions(found, length))


def mapped(length: int) -> set[int]:
    """Return where anonymous memory of this length is mapped and may be read."""
    bounds = [(int(low, 16), int(high, 16)) for low, high in FOUND.findall(MAPS.read_text())]
    return {low for low, high in bounds if high - low == length}


def as_regions(found: Sequence[int], length: int) -> Regions:
    """Return what has been mapped, which must be at equal distances."""
    strides = {after - before for before, after in itertools.pairwise(found)}
    if len(strides) > 1:
        raise SystemExit(f"the pages are at {len(strides)} different distances")
    if strides and LOOPS % len(found):
        raise SystemExit(f"{LOOPS} changes are no whole number of batches of {len(found)}")
    return Regions(found[0] if found else 0, len(found), length, min(strides, default=0))


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
    best = smt_contention.uncontended_cycles(
        (value.nop_seconds, True) for side in taken for value in side
    )
    return middle(taken[0], best) / middle(taken[1], best)


def middle(values: Sequence[Value], best: float) -> float:
    """Return the median of the values that had the core to themselves."""
    alone = [
        value.seconds for value in values if not smt_contention.contended(value.nop_seconds, best)
    ]
    if len(alone) * 10 < len(values):
        alone = [value.seconds for value in values]
    return statistics.median(alone)


def rows(libraries: Sequence[ctypes.CDLL], ours: dict[str, Ours]) -> Iterator[Row]:
    """Give what is compared: pkbench's timing, the bare loop's, and the iterations of a value."""
    both = Ours(
        lambda number: ours["rw_ro"].timed(number) + ours["ro_rw"].timed(number),
        ours["rw_ro"].regions,
    )
    for way, meaning in WAYS.items():
        for name, case in {**CASES, "there_and_back": "there and back on one page"}.items():
            loops = LOOPS_OF.get(name, LOOPS)
            one = ours.get(name, both)
            found = [bare_loop(library, way, name, one.regions) for library in libraries]
            yield Row(f"{case}, {meaning}", one.timed, looked_at(found, loops), loops)


def repeat(folder: Path, number: int, values: int, only: str) -> Iterator[tuple[Row, float]]:
    """Give each row and its ratio, of one repetition."""
    libraries = build_all(folder, number)
    with contextlib.ExitStack() as stack:
        ours = {name: opened(stack, name) for name in CASES}
        for row in rows(libraries, ours):
            if only in row.name:
                yield row, ratio(row.ours, row.bare.timed, row.loops, values)


def main() -> None:
    """Print a line an operation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=10)
    parser.add_argument("--only", default="", help="rows whose text holds this")
    parser.add_argument("--values", type=int, default=1000)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    found: dict[str, list[float]] = {}
    elsewhere: dict[str, list[float]] = {}
    for number in range(arguments.repetitions):
        # A folder each: a library is loaded once from a path.
        with tempfile.TemporaryDirectory() as folder:
            for row, one in repeat(Path(folder), number, arguments.values, arguments.only):
                found.setdefault(row.name, []).append(one)
                elsewhere.setdefault(row.name, []).extend(row.bare.elsewhere)
    for name, ratios in found.items():
        each = " ".join(f"{one:.4f}" for one in ratios)
        interval: Any = stats.quantile_test(ratios).confidence_interval(0.95)
        told = f"{statistics.median(ratios):.4f} [{interval.low:.4f} to {interval.high:.4f}]"
        print(f"{name:60} {told} of {each}{between(elsewhere[name])}")


def between(elsewhere: Sequence[float]) -> str:
    """Say what other places make of a bare loop."""
    return f"; elsewhere {min(elsewhere):.2f} to {max(elsewhere):.2f}" if elsewhere else ""


if __name__ == "__main__":
    main()
