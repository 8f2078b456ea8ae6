"""Compare how far apart ten invocations are: of pkbench, of pyperf, of google/benchmark.

pkbench orchestrates by itself, and lets pyperf orchestrate; pyperf's Runner also times the same
code alone. Each invocation measures an mprotect of one page and a getppid in about the same wall
time; the tools alternate. pkbench and pyperf time the change from writable to read-only;
google/benchmark times there and back, as its users write it. Prints the spread of the invocations,
(max − min) ÷ median, of either operation and of their ratio, in seconds and, of pkbench, in cycles:
of all invocations, and of those whose core had no active SMT sibling.

    python tests/benchmarks/precision.py [--invocations 10] [--seconds 12]
"""

import argparse
import functools
import json
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pyperf
from commands import CommandError, measure, run

from pkbench.analysis import estimates, load, read
from pkbench.analysis.estimate.frame import records
from pkbench.analysis.estimate.readings import BRANCHES_CONTENDED, uncontended_core

MPROTECT, GETPPID = "protect/mprotect-rw-ro/pages:1", "syscall/getppid"
# So many rounds as the time allows; the target lets what is known to a thousandth, the empty loop,
# leave time for the two.
PKBENCH_OPTIONS = ("--preset", "publish", "--target", "0.1%")
REPETITIONS = 5  # of google/benchmark, whose median is taken
# google/benchmark 1.7 tries out iterations first, and aims at 1.4 times the least time that it is
# given (src/benchmark_runner.cc, PredictNumItersNeeded).
GOOGLE_RATIO = 1.5
BACK_AND_FORTH = 2  # operations of an iteration of google.cc's mprotect_page


class Costs(NamedTuple):
    """What one invocation says that the two operations cost."""

    mprotect: float
    getppid: float
    branch_cycles: float = 0.0  # of a branch that can't be predicted, on the core at its quietest

    @property
    def ratio(self) -> float:
        """Return how many times as much an mprotect costs."""
        return self.mprotect / self.getppid


Found = dict[str, Costs]  # unit -> costs; a tool may tell several
Tool = Callable[[Path, float], Found]  # (folder of its own, seconds)


def pkbench_besides(folder: Path) -> float:
    """Return the seconds that `pkbench run` takes besides what it measures: doctor, the result."""
    began = time.monotonic()
    path = measure(folder / "besides.json", *PKBENCH_OPTIONS, "--budget", "0", MPROTECT, GETPPID)
    return time.monotonic() - began - (read(path).seconds or 0.0)


def by_pkbench(besides: float, folder: Path, seconds: float) -> Found:
    """Return what `pkbench run` finds."""
    budget = max(0.1, seconds - besides)
    options = (*PKBENCH_OPTIONS, "--budget", f"{budget}s")
    return costs_of(measure(folder / "result.json", *options, MPROTECT, GETPPID))


def by_orchestrator(folder: Path, _seconds: float) -> Found:
    """Return what `pkbench run` finds where pyperf orchestrates; --fast takes the time it takes."""
    options = ("--orchestrator", "pyperf", MPROTECT, GETPPID, "--", "--fast")
    return costs_of(measure(folder / "result.json", *options))


def costs_of(path: Path) -> Found:
    """Return what a result says of the two operations, in seconds and in cycles."""
    rows = {row["case"]: row for row in records(estimates(load([path])))}
    branch_cycles = uncontended_core(read(path)).get("branch_cycles", 0.0)
    return {
        unit: Costs(rows[MPROTECT][column], rows[GETPPID][column], branch_cycles)
        for unit, column in (("s", "gross"), ("cycles", "cycles"))
    }


def by_pyperf(folder: Path, _seconds: float) -> Found:
    """Return what pyperf's own Runner finds of the same code; --fast takes the time it takes."""
    output = folder / "pyperf.json"
    script = Path(__file__).with_name("with_pyperf.py")
    environment = {**os.environ, "CASES": f"{MPROTECT} {GETPPID}"}
    options = ("--fast", "-q", "--inherit-environ", "CASES", "-o", output)
    run(sys.executable, "-P", script, *options, environment=environment)
    suite = pyperf.BenchmarkSuite.load(str(output))
    return {"s": Costs(*(suite.get_benchmark(case).mean() for case in (MPROTECT, GETPPID)))}


def by_google(program: Path, folder: Path, seconds: float) -> Found:
    """Return what google/benchmark finds."""
    least = seconds / 2 / REPETITIONS / GOOGLE_RATIO
    output = folder / "google.json"
    run(
        program,
        f"--benchmark_min_time={least}",
        f"--benchmark_repetitions={REPETITIONS}",
        "--benchmark_report_aggregates_only=true",
        f"--benchmark_out={output}",
    )
    rows = json.loads(output.read_text())["benchmarks"]
    medians = {
        row["run_name"]: row["real_time"] * 1e-9
        for row in rows
        if row.get("aggregate_name") == "median"
    }
    return {
        "s": Costs(
            medians["mprotect_page/real_time"] / BACK_AND_FORTH, medians["getppid_call/real_time"]
        )
    }


def build_google(folder: Path) -> Path:
    """Compile google.cc; raise CommandError where compiler or library are missing."""
    program = folder / "google"
    source = Path(__file__).with_name("google.cc")
    compiler = os.environ.get("CXX", "g++")
    libraries = ("-lbenchmark", "-pthread")
    run(compiler, "-O2", "-Wall", "-Wextra", "-o", program, source, *libraries)
    return program


def tools(folder: Path) -> dict[str, Tool]:
    """Return the available tools; name one that is missing."""
    found: dict[str, Tool] = {
        "pkbench": functools.partial(by_pkbench, pkbench_besides(folder)),
        "pkbench by pyperf --fast": by_orchestrator,
        "pyperf --fast": by_pyperf,
    }
    try:
        found["google/benchmark"] = functools.partial(by_google, build_google(folder))
    except CommandError as error:
        print(f"no google/benchmark (Debian's libbenchmark-dev): {error}")
    return found


@dataclass
class Invocations:
    """What one tool's invocations found, and how long each took."""

    costs: dict[str, list[Costs]] = field(default_factory=dict)  # by unit
    seconds: list[float] = field(default_factory=list)

    def take(self, tool: Tool, seconds: float) -> None:
        """Invoke the tool once more."""
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            found = tool(Path(folder), seconds)
            self.seconds.append(time.monotonic() - began)
        for unit, costs in found.items():
            self.costs.setdefault(unit, []).append(costs)


def spread(figures: Sequence[float]) -> str:
    """Return (max − min) ÷ median in per cent."""
    return f"{100 * (max(figures) - min(figures)) / statistics.median(figures):.1f} %"


def uncontended(costs: Sequence[Costs]) -> list[Costs]:
    """Return those of a core that was quiet for a while, by the quietest of them."""
    told = [each for each in costs if each.branch_cycles]
    quietest = min((each.branch_cycles for each in told), default=0.0)
    return [each for each in told if each.branch_cycles <= BRANCHES_CONTENDED * quietest]


ROW = "{:30} {:8} {:>4} {:>10} {:>10} {:>8} {:>9}"


def show(tool: str, found: Invocations) -> None:
    """Print a tool's lines for each unit, of the invocations that told both figures in it."""
    took = f"{statistics.median(found.seconds):.1f} s"
    for unit, costs in found.costs.items():
        told = [each for each in costs if math.isfinite(each.ratio)]
        rows = {tool: told}
        if quiet := uncontended(told):
            rows[f"{tool}, uncontended"] = quiet
        for name, some in rows.items():
            figures = zip(
                *((each.mprotect, each.getppid, each.ratio) for each in some), strict=True
            )
            cells = [spread(each) for each in figures] if some else ["-"] * 3
            print(ROW.format(name, unit, len(some), *cells, took))


def main() -> None:
    """Invoke the tools in turn, each figure as it comes, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--invocations", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=12, help="of an invocation")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        available = tools(Path(folder))
        found = {tool: Invocations() for tool in available}
        for number in range(arguments.invocations):
            for name, tool in available.items():
                found[name].take(tool, arguments.seconds)
                last = {unit: costs[-1] for unit, costs in found[name].costs.items()}
                told = "; ".join(
                    f"{costs.mprotect:.6g} and {costs.getppid:.6g} {unit}"
                    for unit, costs in last.items()
                )
                print(f"{number + 1}. {name}: {told}, {found[name].seconds[-1]:.1f} s", flush=True)
    print(ROW.format("spread", "unit", "of", "mprotect", "getppid", "ratio", "took"))
    for name, invocations in found.items():
        show(name, invocations)


if __name__ == "__main__":
    main()
