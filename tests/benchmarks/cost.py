"""Say where the time of a run goes, and what the start of a worker costs.

Prints the share of a run's wall time that was spent in timed loops and their chains, the cases' own
set-up and proofs apart, as the result says it; and the CPU milliseconds of a worker of one case
that does next to nothing, beside those of Python importing pyperf alone, and of Python alone.

    python tests/benchmarks/cost.py [--starts 15] [RESULT | PATTERN…]

Without a result it runs the standard preset on the patterns, or on all cases: 20 minutes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from commands import measure

from pkbench.run import launch

CASE = "instruction/empty-loop"
PYTHON = (sys.executable, "-P", "-c")
PYPERF = (*PYTHON, "import pyperf; pyperf.Run([1.0]).get_metadata()")
STARTS: dict[str, tuple[Sequence[str], str]] = {
    "python": ((*PYTHON, ""), ""),
    "import pyperf": ((*PYTHON, "import pyperf"), ""),
    "pyperf, with a run's metadata": (PYPERF, ""),
    "a worker of one case": (
        launch.COMMAND,
        json.dumps([launch.measure(CASE, launch.Amount(1, 0, 1, 1, 0), 0.0, 60.0).request]),
    ),
}


def cpu_seconds(command: Sequence[str], request: str) -> float:
    """Return what one process takes, in user and in kernel mode."""
    with tempfile.TemporaryFile() as asked:
        asked.write(request.encode())
        asked.seek(0)
        process = subprocess.Popen(command, stdin=asked, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime


def show_starts(number: int) -> None:
    """Print the CPU time of each kind of process, taken in turn."""
    found: dict[str, list[float]] = {name: [] for name in STARTS}
    for _ in range(number):
        for name, (command, request) in STARTS.items():
            found[name].append(1000 * cpu_seconds(command, request))
    print(f"{'CPU of a start, median of ' + str(number):34} {'ms':>6}  {'least to most':>16}")
    for name, taken in found.items():
        bounds = f"{min(taken):.1f} to {max(taken):.1f}"
        print(f"{name:34} {statistics.median(taken):6.1f}  {bounds:>16}")


def metadata_of(asked: Sequence[str]) -> dict[str, Any]:
    """Return the metadata of a result: of the one that is named, or of a standard run."""
    with tempfile.TemporaryDirectory() as folder:
        named = len(asked) == 1 and Path(asked[0]).is_file()
        path = Path(asked[0]) if named else measure(Path(folder) / "result.json", *asked)
        metadata: dict[str, Any] = json.loads(path.read_text())["metadata"]
    return metadata


def show_share(metadata: dict[str, Any]) -> None:
    """Print where a run's time went."""
    cases = json.loads(metadata["pkbench_cases"])
    measured = sum(case["state"] == "measured" for case in cases)
    rounds, preset = metadata["pkbench_rounds"], metadata["pkbench_preset"]
    seconds, share = metadata["pkbench_seconds"], metadata["pkbench_timed_share"]
    print(f"{measured} cases, {rounds} rounds of the {preset} preset in {seconds:.0f} s:")
    print(f"{share:.0%} in timed loops and their chains, the cases' own set-up and proofs apart")


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--starts", type=int, default=15)
    parser.add_argument("asked", nargs="*", metavar="RESULT | PATTERN", help="what to look at")
    arguments = parser.parse_args()
    show_starts(arguments.starts)
    show_share(metadata_of(arguments.asked))


if __name__ == "__main__":
    main()
