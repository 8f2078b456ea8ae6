"""Compare simulated results of identical and of slower code, as pkbench and as pyperf do.

Every process has an effect of its own, which its values share, as memory placement and frequency
give it. Prints, for each kind of suite, the share of cases that either calls different:
`pkbench compare` by its verdict, `pyperf compare_to` by its own test of significance.

    python tests/benchmarks/same_simulated.py [--suites 1000]
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyperf
from numpy.typing import NDArray

# pyperf has no public function for it: this is what its compare_to prints "Significant" after.
from pyperf._compare import CompareData, CompareResult

from pkbench.analysis.compare.compare import FASTER, SLOWER, compare
from pkbench.analysis.reading.process import Process
from pkbench.analysis.reading.result import Case, Result

PROCESSES, VALUES = 20, 5
PROCESS_EFFECT, NOISE = 0.02, 0.01  # standard deviations, relative
COST = 1e-6  # seconds an operation
SLOWDOWN = 1.03
ODD, ODD_COST = 1 / 50, 1.32  # share of processes, as a getppid's were seen on a Zen 4 core

Values = NDArray[np.float64]  # of a case: a row a process, a column a value


@dataclass(frozen=True)
class Side:
    """How one side's cases are measured."""

    processes: int = PROCESSES
    values: int = VALUES
    effect: float = PROCESS_EFFECT
    noise: float = NOISE
    odd: float = 0.0  # share of processes in which everything takes ODD_COST times as long

    def draw(self, cost: float, random: np.random.Generator) -> Values:
        """Return the values of one case, log-normal in both variances; shape processes × values."""
        effects = random.normal(0, self.effect, (self.processes, 1))
        if self.odd:
            effects += np.log(ODD_COST) * (random.random((self.processes, 1)) < self.odd)
        return cost * np.exp(effects + random.normal(0, self.noise, (self.processes, self.values)))


@dataclass(frozen=True)
class Kind:
    """A kind of suite: how many cases it has, how its sides are measured, how many cost more."""

    name: str
    cases: int = 1
    base: Side = Side()
    new: Side = Side()
    slower: int = 0


STILL = Side(effect=0, noise=0)
WITH_ODD = Side(effect=0.001, noise=0.001, odd=ODD)
KINDS = (
    Kind("the same, 1 case"),
    Kind("the same, 40 cases", cases=40),
    Kind("3 % slower, 1 case", slower=1),
    Kind("3 % slower, 1 of 40 cases", cases=40, slower=1),
    Kind("the same, 20 and 13 processes", new=Side(processes=13)),
    Kind("the same, 5 and 4 values", new=Side(values=4)),
    Kind("the same, no variance", base=STILL, new=STILL),
    Kind("the same, no noise in a process", base=Side(noise=0), new=Side(noise=0)),
    Kind("the same, one process each", base=Side(processes=1), new=Side(processes=1)),
    Kind("the same, one process and 20", base=Side(processes=1)),
    Kind("the same, one value in all", base=Side(1, 1), new=Side(1, 1)),
    Kind("the same, odd processes", base=WITH_ODD, new=WITH_ODD),
    Kind("3 % slower, odd processes", base=WITH_ODD, new=WITH_ODD, slower=1),
)


class Found(NamedTuple):
    """How many cases of a suite, or of several, are called what they aren't, and what they are."""

    same: int = 0  # called different, of those that are the same
    slower: int = 0  # called slower, of those that cost more
    wrong_way: int = 0  # called faster, of those that cost more
    suites: int = 0  # in which a case that is the same was called different

    @classmethod
    def of(cls, called: Sequence[int], slower: int) -> "Found":
        """Judge what was called in one suite: 1 slower, -1 faster, 0 neither."""
        wrong = sum(call != 0 for call in called[slower:])
        return cls(
            wrong,
            sum(call > 0 for call in called[:slower]),
            sum(call < 0 for call in called[:slower]),
            int(wrong > 0),
        )


def result(cases: Sequence[Values]) -> Result:
    """Return simulated values as the result file that they could have come from."""
    names = [f"simulated/case/number:{number}" for number in range(len(cases))]
    return Result(
        path=Path("simulated.json"),
        evidence="silicon",
        machine={},
        cases=tuple(
            Case(name, "simulated", "case", {"number": number}, "measured")
            for number, name in enumerate(names)
        ),
        processes=tuple(
            Process(name, tuple(map(float, values)), loops=1, inner_loops=1)
            for name, case in zip(names, cases, strict=True)
            for values in case
        ),
    )


def by_pkbench(base: Sequence[Values], new: Sequence[Values]) -> list[int]:
    """Return what `pkbench compare` calls each case."""
    signs = {SLOWER: 1, FASTER: -1}
    found = compare(result(base), result(new), run_effect=0.0)  # as runs that took turns
    verdicts = found.cases["verdict"]
    return [signs.get(str(verdict), 0) for verdict in verdicts]


def by_pyperf(base: Sequence[Values], new: Sequence[Values]) -> list[int]:
    """Return what `pyperf compare_to` calls each case."""
    called = []
    for first, second in zip(base, new, strict=True):
        sides = [CompareData(name, benchmark(name, v)) for name, v in (("a", first), ("b", second))]
        found = CompareResult(*sides)
        # Significant, but of ratio 1, it calls "no change".
        called.append(int(np.sign(found.norm_mean - 1)) if found.significant else 0)
    return called


def benchmark(name: str, values: Values) -> Any:
    """Return one case's values as pyperf holds them."""
    metadata = {"name": name, "loops": 1}
    return pyperf.Benchmark(
        [pyperf.Run(row, metadata=metadata, collect_metadata=False) for row in values.tolist()]
    )


TOOLS = {"pkbench": by_pkbench, "pyperf": by_pyperf}


def one_suite(kind: Kind, seed: int, number: int) -> tuple[Found, ...]:
    """Simulate a pair of suites, the cases that cost more first; judge each tool's comparison."""
    random = np.random.default_rng((seed, KINDS.index(kind), number))
    costs = [COST * (SLOWDOWN if place < kind.slower else 1) for place in range(kind.cases)]
    base = [kind.base.draw(COST, random) for _ in costs]
    new = [kind.new.draw(cost, random) for cost in costs]
    return tuple(Found.of(by(base, new), kind.slower) for by in TOOLS.values())


def examine(kind: Kind, suites: int, seed: int, pool: Executor) -> dict[str, Found]:
    """Return what each tool called in all pairs of suites."""
    judged = pool.map(partial(one_suite, kind, seed), range(suites), chunksize=10)
    return {
        tool: Found(*map(sum, zip(*found, strict=True)))
        for tool, found in zip(TOOLS, zip(*judged, strict=True), strict=True)
    }


def share(part: int, whole: int) -> str:
    """Return a share in per cent, or that there is none."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


HEADINGS = ("", "", "same called different", "in suites", "slower found", "called faster")
ROW = "{:32} {:8} {:>22} {:>10} {:>13} {:>15}"


def show(kind: Kind, suites: int, found: dict[str, Found]) -> None:
    """Print a kind's two lines."""
    same, slower = suites * (kind.cases - kind.slower), suites * kind.slower
    for tool, number in found.items():
        cells = (
            share(number.same, same),
            share(number.suites, suites if same else 0),
            share(number.slower, slower),
            share(number.wrong_way, slower),
        )
        print(ROW.format(kind.name, tool, *cells), flush=True)


def main() -> None:
    """Print a line for each kind of suite and tool."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--suites", type=int, default=1000, help="pairs of each kind")
    parser.add_argument("--only", default="", help="kinds whose name holds this")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(ROW.format(*HEADINGS))
    with ProcessPoolExecutor() as pool:
        for kind in KINDS:
            if arguments.only in kind.name:
                found = examine(kind, arguments.suites, arguments.seed, pool)
                show(kind, arguments.suites, found)


if __name__ == "__main__":
    main()
