"""Compare pkbench's figures with bare C loops of the same operations.

Both run in this process, on one CPU, alternating every few milliseconds, so that what drifts weighs
on both alike. Prints, for each operation, the ratio of the medians (pkbench over bare): the median
over all repetitions, and each.

    python tests/benchmarks/bias.py [--repetitions 10] [--values 100]
"""

import argparse
import ctypes
import os
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from pkbench.catalogue import parse_case
from pkbench.session import Session

Timed = Callable[[int], float]  # loops -> seconds

# As in native/CMakeLists.txt: with loops in other places the same code differs by a tenth.
FLAGS = ("-O2", "-Wall", "-Wextra", "-falign-functions=64", "-falign-loops=64")
LOOP_NAMES = ("rw_ro", "ro_rw", "there_and_back", "getppid")
WAYS = {"bare": "the system call inline", "libc": "by the C library's function"}
LOOPS = 1600  # a multiple of the batches of both, 1 to 3 ms for mprotect
GETPPID_LOOPS = 16000


def build(folder: Path) -> ctypes.CDLL:
    """Compile the bare loops with the flags that native/ has."""
    library = folder / "bare.so"
    source = Path(__file__).with_name("bare.c")
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, *FLAGS, "-shared", "-fPIC", "-o", library, source], check=True)
    bare = ctypes.CDLL(str(library))
    for way in WAYS:
        for loop in LOOP_NAMES:
            function = getattr(bare, f"{way}_{loop}")
            function.argtypes, function.restype = [ctypes.c_uint64], ctypes.c_double
    if bare.bare_prepare():
        raise SystemExit("the bare loops' pages could not be mapped")
    return bare


def pkbench(case: str) -> Timed:
    """Return pkbench's own timing of a case, proved first."""
    session = Session(parse_case(case))
    session.verify()
    return lambda loops: float(session.measure(loops).seconds)


def ratio(ours: Timed, theirs: Timed, loops: int, values: int) -> float:
    """Return the ratio of the medians of alternating values, in the order ABBA."""
    seconds: tuple[list[float], list[float]] = ([], [])
    sides = ((ours, seconds[0]), (theirs, seconds[1]))
    for number in range(values):
        for timed, kept in sides if number % 2 == 0 else sides[::-1]:
            kept.append(timed(loops))
    return statistics.median(seconds[0]) / statistics.median(seconds[1])


def main() -> None:
    """Print a line an operation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=10)
    parser.add_argument("--values", type=int, default=100)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        bare = build(Path(folder))
        rw_ro, ro_rw = (pkbench(f"protect/mprotect-{way}/pages:1") for way in ("rw-ro", "ro-rw"))
        getppid = pkbench("syscall/getppid")
        compared: dict[str, tuple[Timed, Timed, int]] = {}
        for way, meaning in WAYS.items():
            bare_loops = {name: getattr(bare, f"{way}_{name}") for name in LOOP_NAMES}
            compared |= {
                f"mprotect-rw-ro/pages:1, {meaning}": (rw_ro, bare_loops["rw_ro"], LOOPS),
                f"mprotect-ro-rw/pages:1, {meaning}": (ro_rw, bare_loops["ro_rw"], LOOPS),
                f"there and back on one page, {meaning}": (
                    lambda loops: rw_ro(loops) + ro_rw(loops),
                    bare_loops["there_and_back"],
                    LOOPS,
                ),
                f"getppid, {meaning}": (getppid, bare_loops["getppid"], GETPPID_LOOPS),
            }
        found: dict[str, list[float]] = {name: [] for name in compared}
        for _ in range(arguments.repetitions):
            for name, (ours, theirs, loops) in compared.items():
                found[name].append(ratio(ours, theirs, loops, arguments.values))
    for name, ratios in found.items():
        each = " ".join(f"{one:.4f}" for one in ratios)
        print(f"{name:60} {statistics.median(ratios):.4f}  [{each}]")


if __name__ == "__main__":
    main()
