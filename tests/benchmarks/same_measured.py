"""Compare runs of identical code on this machine, and count how often the interval holds 1.

Runs follow one another, A B A B and so on. Prints, for each case, in how many pairs of neighbours
the 95 % interval of the ratio holds 1, as `pkbench compare` has it, and its median width; and for
contrast the same for the same runs taken as all A, then all B: the first half against the second,
each run with the one of the same place.

    python tests/benchmarks/same_measured.py [--pairs 20] [--seconds 10] [--keep FOLDER]
"""

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from commands import measure

from pkbench.analysis.compare import compare
from pkbench.analysis.frame import read, records
from pkbench.analysis.result import Result

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


def take(folder: Path, runs: int, seconds: float) -> list[Result]:
    """Measure so many runs, one after the other; those that are there from earlier are kept."""
    options = ("--profile", "standard", "--target", TARGET, "--budget", f"{seconds}s")
    found = []
    for number in range(runs):
        path = folder / f"run-{number:03}.json"
        if not path.exists():
            measure(path, *options, "--seed", str(number), *CASES)
        found.append(read(path))
        print(f"\r{number + 1} of {runs} runs", end="", flush=True)
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


def told(rows: Sequence[Row]) -> str:
    """Return in how many pairs the interval holds 1, and half its median width.

    Of those that can be told: not where one of the two had to share its core.
    """
    told = [row for row in rows if not row["why"]]
    if not told:
        return "none can be told"
    held = sum(row["low"] <= 1 <= row["high"] for row in told)
    half_width = statistics.median((row["high"] - row["low"]) / 2 for row in told)
    return f"{held} of {len(told)} (± {100 * half_width:.1f} %)"


def show(interleaved: Pairs, apart: Pairs) -> None:
    """Print a line a case."""
    row = "{:34} {:8} {:>20} {:>20}"
    print(row.format("interval holds 1 (median width)", "unit", "A B A B", "all A, all B"))
    first, second = rows_of(interleaved), rows_of(apart)
    for case in CASES:
        units = "/".join(sorted({each["unit"] for each in first[case]}))
        print(row.format(case, units, told(first[case]), told(second[case])))


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10, help="of a run, at least six rounds")
    parser.add_argument("--keep", type=Path, help="leave the results there, and use those there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        results = take(arguments.keep or Path(scratch), 2 * arguments.pairs, arguments.seconds)
    half = arguments.pairs
    show(
        list(zip(results[::2], results[1::2], strict=True)),
        list(zip(results[:half], results[half:], strict=True)),
    )


if __name__ == "__main__":
    main()
