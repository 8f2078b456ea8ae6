"""Compare runs of identical code on this machine, and count how often the interval holds 1.

The two runs of a pair are started at once, and take turns, a worker process each: A B A B and so
on. Prints, for each case, in how many pairs the 95 % interval of the ratio holds 1, as
`pkbench compare` has it, and its median width; and for contrast the same for the same runs taken as
all A, then all B: the first half of the pairs against the second, each run with the one of the same
place.

    python tests/benchmarks/same_measured.py [--pairs 20] [--seconds 10] [--keep FOLDER]
"""

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from commands import measure

from pkbench.analysis.compare.compare import compare
from pkbench.analysis.compare.run_overlap import IN_TURNS, overlap
from pkbench.analysis.estimate.frame import read, records
from pkbench.analysis.reading.result import Result

CASES = (
    "syscall/getppid",
    "syscall/mprotect-same",
    "protect/mprotect-rw-ro/pages:1",
    "protect/mprotect-rw-ro/pages:34",
    "protect/mprotect-none-rw/pages:1",
    "switch/mprotect/pages:1",
)
# So narrow that a run ends by its time; a run has its least rounds in any case.
TARGET = "0.01%"

Pairs = Sequence[tuple[Result, Result]]
Row = dict[str, Any]  # of a comparison's table


def take(folder: Path, pairs: int, seconds: float) -> list[Result]:
    """Measure so many pairs, one after the other; pairs that are there from earlier are kept."""
    # Of either run half the time is the other's turn.
    options = ("--preset", "standard", "--target", TARGET, "--budget", f"{2 * seconds}s")
    found = []
    with ThreadPoolExecutor(2) as pool:
        for number in range(pairs):
            paths = [folder / f"run-{2 * number + side:03}.json" for side in range(2)]
            if not all(path.exists() for path in paths):
                for path in paths:
                    path.unlink(missing_ok=True)
                runs = [
                    pool.submit(measure, path, *options, "--seed", str(2 * number + side), *CASES)
                    for side, path in enumerate(paths)
                ]
                for run in runs:
                    run.result()
            pair = [read(path) for path in paths]
            if overlap(pair[:1], pair[1:]) != IN_TURNS:
                raise SystemExit(f"{' and '.join(map(str, paths))} were not taken in turns")
            found += pair
            print(f"\r{number + 1} of {pairs} pairs", end="", flush=True)
    print()
    return found


def rows_of(pairs: Pairs) -> dict[str, list[Row]]:
    """Return each case's row of each pair's comparison."""
    found: dict[str, list[Row]] = {case: [] for case in CASES}
    for base, new in pairs:
        for row in records(compare(base, new).cases):
            if row["case"] in found:
                found[row["case"]].append(row)
    return found


def coverage(rows: Sequence[Row]) -> str:
    """Return in how many pairs the interval holds 1, and half its median width.

    Pairs without a test are left out, as where one of the two was contended.
    """
    tested = [row for row in rows if not row["why"]]
    if not tested:
        return "no pair was tested"
    held = sum(row["low"] <= 1 <= row["high"] for row in tested)
    half_width = statistics.median((row["high"] - row["low"]) / 2 for row in tested)
    return f"{held} of {len(tested)} (± {100 * half_width:.1f} %)"


def show(interleaved: Pairs, apart: Pairs) -> None:
    """Print a line a case."""
    row = "{:34} {:8} {:>20} {:>20}"
    print(row.format("interval holds 1 (median width)", "unit", "A B A B", "all A, all B"))
    first, second = rows_of(interleaved), rows_of(apart)
    for case in CASES:
        units = "/".join(sorted({each["unit"] for each in first[case]}))
        print(row.format(case, units, coverage(first[case]), coverage(second[case])))


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10, help="of a run, at least six rounds")
    parser.add_argument("--keep", type=Path, help="leave the results there, and use those there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        results = take(arguments.keep or Path(scratch), arguments.pairs, arguments.seconds)
    half = arguments.pairs
    show(
        list(zip(results[::2], results[1::2], strict=True)),
        list(zip(results[:half], results[half:], strict=True)),
    )


if __name__ == "__main__":
    main()
