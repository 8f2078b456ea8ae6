"""Say how long a report of many results takes, and how much memory.

Makes results of the catalogue's cases in the shape of the committed one, with all that a run reads
beside its values, and prints for each number of results the seconds and the peak memory of the
process that reads them and writes the whole report.

    python tests/benchmarks/report_speed.py [--results 1,10,25,50] [RESULT…]

RESULT… are real results to report on, together, in the same way.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pkbench.cases.catalogue import Case
from pkbench.cases.selection import select
from pkbench.resultfile import Run, write_result
from pkbench.run.measurement import describe

TEMPLATE = Path(__file__).parents[2] / "results/amd-epyc-kvm-quick.json"
CASES, PROCESSES, VALUES = 200, 20, 5
PROCESS_EFFECT, NOISE = 0.02, 0.01  # standard deviations, relative
LEAST, MOST = 1e-8, 1e-3  # seconds an operation

REPORT = """
import sys
import time
from pathlib import Path
from pkbench.analysis import report
report.write(sys.argv[2:], sys.argv[1])
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(status["VmHWM"].split()[0], time.process_time())
"""


class Taken(NamedTuple):
    """What a report took."""

    seconds: float  # from the start of the process to its end
    cpu_seconds: float  # the same where nobody else uses the machine
    memory: int  # bytes, at the most


def chosen_cases() -> list[Case]:
    """Return cases spread over the whole catalogue, each once."""
    every = select((), (), "standard")
    places = np.linspace(0, len(every) - 1, CASES).round().astype(int)
    return [every[place] for place in dict.fromkeys(places)]


def run_template() -> dict[str, Any]:
    """Return what a real run says of itself: one with the most beside its values."""
    suite = json.loads(TEMPLATE.read_text())
    runs = [run for benchmark in suite["benchmarks"] for run in benchmark["runs"]]
    return dict(max(runs, key=lambda run: len(run["metadata"]))["metadata"])


def made_run(place: int, template: dict[str, Any], cost: float, random: np.random.Generator) -> Run:
    """Return a process's run: what is read beside its values varies as little as they do."""
    values = cost * np.exp(random.normal(0, PROCESS_EFFECT) + random.normal(0, NOISE, VALUES))
    metadata = template | {"pkbench_round": place + 1, "pkbench_position": int(random.integers(30))}
    for key, text in template.items():
        if isinstance(text, str) and text.startswith("["):
            seen = np.resize(json.loads(text), VALUES)
            metadata[key] = json.dumps((seen * random.normal(1, 0.001, VALUES)).tolist())
    metadata["pkbench_cpu"] = json.dumps([1] * VALUES)
    return {"metadata": metadata, "warmups": [[1000, cost]], "values": values.tolist()}


def write_made(path: Path, number: int, cases: Sequence[Case]) -> Path:
    """Write one machine's result."""
    random = np.random.default_rng(number)
    template = run_template()
    costs = np.exp(np.random.default_rng(0).uniform(np.log(LEAST), np.log(MOST), len(cases)))
    speed = random.uniform(0.5, 2)
    metadata = json.loads(TEMPLATE.read_text())["metadata"]
    card = json.loads(metadata["pkbench_machine"]) | {"name": f"machine {number}"}
    metadata |= {
        "pkbench_machine": json.dumps(card),
        "pkbench_cases": json.dumps([describe(case, "measured", "") for case in cases]),
        "pkbench_rounds": PROCESSES,
    }
    runs = {
        case.name: [made_run(place, template, cost * speed, random) for place in range(PROCESSES)]
        for case, cost in zip(cases, costs, strict=True)
    }
    for name, of_case in runs.items():
        loops = {"name": name, "loops": 1024, "inner_loops": 1, "pkbench_piece_loops": 64}
        for run in of_case:
            run["metadata"] |= loops
    write_result(path, metadata, runs)
    return path


def report_on(paths: Sequence[Path], folder: Path) -> Taken:
    """Write a report in a process of its own; return what that took from its start to its end."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", REPORT, folder, *paths],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    memory, cpu_seconds = done.stdout.split()
    return Taken(time.monotonic() - began, float(cpu_seconds), int(memory) * 1024)


def show(what: str, taken: Taken, page: Path) -> None:
    """Print one line."""
    size = page.stat().st_size / 1e6
    times = f"{taken.seconds:8.1f} {taken.cpu_seconds:8.1f}"
    print(f"{what:24} {times} {taken.memory / 2**20:8,.0f} {size:8.1f}", flush=True)


def made(folder: Path, numbers: Sequence[int]) -> Iterator[list[Path]]:
    """Make results, and give so many of them at a time."""
    cases = chosen_cases()
    paths: list[Path] = []
    for number in numbers:
        places = range(len(paths), number)
        paths += [write_made(folder / f"{place:02}.json", place, cases) for place in places]
        yield list(paths[:number])


def main() -> None:
    """Print a line for each number of results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", default="1,10,25,50", metavar="N,…", help="how many to make")
    parser.add_argument("real", nargs="*", type=Path, metavar="RESULT")
    arguments = parser.parse_args()
    numbers = [int(number) for number in arguments.results.split(",")]
    print(f"{'results':24} {'s':>8} {'CPU, s':>8} {'MiB':>8} {'page, MB':>8}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sets = [arguments.real] if arguments.real else made(folder, numbers)
        for paths in sets:
            taken = report_on(paths, folder / "report")
            show(f"{len(paths)}", taken, folder / "report/index.html")


if __name__ == "__main__":
    main()
