"""How often 95 % intervals hold, and how often unchanged code is called changed.

Draws processes whose costs differ as those of real machines do, or worse, and asks pkbench's own
functions. With 2,000 repetitions a share of 95 % has a Monte-Carlo error of 0.5 points.

    python tests/benchmarks/coverage.py [intervals|runs|odd|suites ...] [--repetitions 2000]

`intervals`: one figure, a ratio and a net cost of two cases of one run, a slope, and the ratio of
two runs that took turns; with fixed numbers of processes, and with the presets' stop rule. `runs`:
two runs, or several, at different times, each with an effect of its own; single cases, and suites
of 40 whose effects are independent or alike. `odd`: a share of slow processes that grows. `suites`:
the gate's verdict on 500 unchanged cases.
"""

import argparse
import math
from bisect import bisect
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache, partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from same_simulated import COST, result

from pkbench.analysis.compare.compare import (
    FASTER,
    INCONCLUSIVE,
    MARGIN,
    RUN_EFFECT,
    SLOWER,
    UNCHANGED,
    compare,
    decided,
)
from pkbench.analysis.compare.gate import ALLOWED, judge, states_of
from pkbench.analysis.compare.pair import Side, pair
from pkbench.analysis.estimate.median_interval import difference, of_median, quotient
from pkbench.analysis.interval import Interval
from pkbench.run.presets import PRESETS
from pkbench.run.stop_rule import is_known

Values = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Values]  # costs of so many processes in a row, about 1

NOISE = 0.003  # of a process's figure, where the effect itself is not what varies
MODE = 0.08  # the second mode costs so much more


def normal(effect: float) -> Draw:
    """Processes that differ by a normal distribution."""
    return lambda random, size: 1 + random.normal(0, effect, size)


def lognormal(effect: float) -> Draw:
    """Processes of which few cost much more: a log-normal distribution of shape 1."""
    spread = math.sqrt((math.e - 1) * math.e)
    return lambda random, size: 1 + effect / spread * random.lognormal(0, 1, size)


def student(effect: float) -> Draw:
    """Processes that differ by Student's t of three degrees of freedom."""
    return lambda random, size: np.exp(effect / math.sqrt(3) * random.standard_t(3, size))


def modes(share: float) -> Draw:
    """Processes of which a share costs 8 % more."""
    return lambda random, size: (
        (1 + MODE * (random.random(size) < share)) * (1 + random.normal(0, NOISE, size))
    )


def outliers(share: float) -> Draw:
    """Processes that differ by 1 %, of which a share costs 1.1 to 3 times as much."""
    return lambda random, size: (
        (1 + random.normal(0, 0.01, size))
        * np.where(random.random(size) < share, random.uniform(1.1, 3, size), 1)
    )


def coarse(step: float) -> Draw:
    """Processes that differ by 1 %, timed by a clock of which a step is this share of the cost."""
    return lambda random, size: (
        step * np.round((1 + random.normal(0, 0.01, size)) / step + random.random() - 0.5)
    )


def alike(correlation: float) -> Draw:
    """Processes that differ by 1 %, of which neighbours in time resemble each other: AR(1)."""

    def draw(random: np.random.Generator, size: int) -> Values:
        found = random.normal(0, 0.01, size)
        for place in range(1, size):
            found[place] *= math.sqrt(1 - correlation**2)
            found[place] += correlation * found[place - 1]
        return 1 + found

    return draw


def drift(change: float) -> Draw:
    """Processes that differ by 0.5 %, and cost more and more, by this share in 60 rounds."""
    return lambda random, size: 1 + change * np.arange(size) / 60 + random.normal(0, 0.005, size)


KINDS: dict[str, Draw] = {
    **{f"normal {100 * effect:g} %": normal(effect) for effect in (0.001, 0.01, 0.015, 0.02, 0.03)},
    "normal 5 %": normal(0.05),
    **{f"log-normal {100 * effect:g} %": lognormal(effect) for effect in (0.001, 0.01, 0.03, 0.05)},
    **{f"t, 3 degrees, {100 * effect:g} %": student(effect) for effect in (0.01, 0.02, 0.05)},
    **{f"two modes, {share:g}": modes(share) for share in (0.5, 0.2, 0.05)},
    **{f"outliers, {share:g}": outliers(share) for share in (0.05, 0.2)},
    "coarse clock, 0.5 %": coarse(0.005),
    "drift 1 %": drift(0.01),
    "neighbours alike, 0.5": alike(0.5),
}
DRIFTS = ("drift 1 %",)  # what the true median is depends on how long the run is
SYMMETRIC = ("coarse clock, 0.5 %", "neighbours alike, 0.5")  # about 1; values of a run depend
FIXED = (6, 8, 13, 20, 60)
STOPPED = ("quick", "standard")


@dataclass(frozen=True)
class Row:
    """What is drawn, and how many processes: a number, or a preset for its stop rule."""

    kind: str
    processes: int | str


def whole(row: Row, random: np.random.Generator) -> Values:
    """Return the figures of all processes that a run may take."""
    size = row.processes if isinstance(row.processes, int) else PRESETS[row.processes].rounds
    return KINDS[row.kind](random, size)


def taken(row: Row, values: Values) -> int:
    """Return how many of a run's processes are taken until the stop rule ends it.

    A case that is known stays known, so that the round in which it becomes so can be bisected.
    """
    if isinstance(row.processes, int):
        return row.processes
    preset = PRESETS[row.processes]
    listed = [[float(value)] for value in values]
    rounds = range(preset.least_rounds, preset.rounds)
    more = bisect(rounds, 0, key=lambda number: is_known(listed[:number], preset.target))
    return preset.least_rounds + more


def slope_of(values: Values, others: Values) -> Values:
    """Return what a process says of the slope between a loop of eight and one of four."""
    return (8 * values - 4 * others) / 4


class Truth(NamedTuple):
    """The true medians of a kind's processes, and of their slopes."""

    figure: float
    slope: float


@cache
def truth(row: Row) -> Truth:
    """Return what the intervals of a row should hold."""
    random = np.random.default_rng(7)
    if row.kind in DRIFTS:
        runs = (whole(row, random) for _ in range(4000))
        figure = float(np.median([np.median(each[: taken(row, each)]) for each in runs]))
        return Truth(figure, figure)
    if row.kind in SYMMETRIC:
        return Truth(1.0, 1.0)
    values, others = (KINDS[row.kind](random, 4_000_000) for _ in range(2))
    return Truth(float(np.median(values)), float(np.median(slope_of(values, others))))


def holds(interval: Interval, true: float) -> float:
    """Return 1 or 0 for whether an interval holds; NaN without one."""
    if interval.low is None or interval.high is None:
        return math.nan
    return float(interval.low <= true <= interval.high)


QUANTITIES = ("figure", "ratio", "net", "slope", "two runs")


def intervals_hold(row: Row, true: Truth, seed: int) -> list[float]:
    """Draw once, and return for each of QUANTITIES whether its interval holds, and the processes.

    The net cost is of a case over a floor of 0.8 of it. The two loops of a slope are a group, whose
    cases are all measured until the last of them is known.
    """
    random = np.random.default_rng((seed, list(KINDS).index(row.kind)))
    drawn = [whole(row, random) for _ in range(3)]
    values, others, second = (each[: taken(row, each)] for each in drawn)
    case, other = of_median(values), of_median(others)
    longer = max(values.size, others.size)
    two = pair(side([values]), side([second]), "s", run_effect=0.0)
    return [
        holds(case, true.figure),
        holds(quotient(case, other), 1.0),
        holds(difference(case, of_median(0.8 * others)), 0.2 * true.figure),
        holds(of_median(slope_of(drawn[0][:longer], drawn[1][:longer])), true.slope),
        holds(Interval(two.ratio, two.low, two.high), 1.0),
        float(values.size),
    ]


def side(runs: Sequence[Values]) -> Side:
    """Return the figures of some runs as `compare` holds them."""
    every = np.concatenate(runs)
    places = np.repeat(np.arange(len(runs)), [run.size for run in runs])
    return Side(COST * every, np.full(every.size, np.nan), places)


def intervals(repetitions: int, only: str, pool: ProcessPoolExecutor) -> None:
    """Print how often each interval holds, a line for each kind and number of processes."""
    print(f"{'processes differ by':24}{'processes':>12}", *(f"{name:>9}" for name in QUANTITIES))
    for kind in KINDS:
        for processes in (*FIXED, *STOPPED):
            row = Row(kind, processes)
            if only not in kind:
                continue
            found = np.array(
                list(
                    pool.map(
                        partial(intervals_hold, row, truth(row)), range(repetitions), chunksize=50
                    )
                )
            )
            shares = [percent(found[:, place]) for place in range(len(QUANTITIES))]
            number = (
                f"{processes}"
                if isinstance(processes, int)
                else (f"{processes}: {found[:, -1].mean():.0f}")
            )
            print(f"{kind:24}{number:>12}", *(f"{share:>9}" for share in shares), flush=True)


def percent(found: Values) -> str:
    """Return a share in per cent; "-" where nothing has it."""
    known = found[~np.isnan(found)]
    return f"{100 * known.mean():.1f}" if known.size else "-"


@dataclass(frozen=True)
class Study:
    """Two sides of unchanged code but for one case, taken in runs with effects of their own."""

    effect: float  # of a run, a standard deviation
    differ: float  # of processes, likewise
    runs: tuple[int, int] = (1, 1)
    processes: int = 20
    cases: int = 1
    slower: float = 0.0  # the first case of the new side costs so much more
    common: bool = False  # whether all cases of a run share its effect
    heavy: bool = False  # whether effects of runs are Student's, of three degrees of freedom
    added: float = RUN_EFFECT  # what `compare` takes for the effect of a run

    def compared(self, seed: int) -> pd.DataFrame:
        """Draw both sides and compare them, as `compare` does; a row per case."""
        random = np.random.default_rng((seed, round(1e5 * self.effect), *self.runs))
        base, new = (
            [self._run(random, new=new) for _ in range(runs)]
            for new, runs in zip((False, True), self.runs, strict=True)
        )
        return decided(
            [
                {"case": place, "verdict": INCONCLUSIVE}
                | asdict(
                    pair(
                        side([run[place] for run in base]),
                        side([run[place] for run in new]),
                        "s",
                        self.added,
                    )
                )
                for place in range(self.cases)
            ],
            MARGIN,
        )

    def _run(self, random: np.random.Generator, new: bool) -> list[Values]:
        size = 1 if self.common else self.cases
        heavy = random.standard_t(3, size) / math.sqrt(3)
        drawn = heavy if self.heavy else random.normal(0, 1, size)
        effects = np.exp(np.broadcast_to(self.effect * drawn, self.cases))
        return [
            effect
            * (1 + self.slower * (new and place == 0))
            * (1 + random.normal(0, self.differ, self.processes))
            for place, effect in enumerate(effects)
        ]


def judged(study: Study, seed: int) -> list[float]:
    """Compare once: the first case's interval holds, any case is different, the first is slower."""
    rows = study.compared(seed)
    different = rows["verdict"].isin((FASTER, SLOWER))
    return [
        float(rows["low"][0] <= 1 + study.slower <= rows["high"][0]),
        float(different.any()),
        float(rows["verdict"][0] == SLOWER),
    ]


RUNS = ((1, 1), (2, 2), (3, 3), (5, 5), (10, 10), (10, 1))
EFFECTS = (
    *((0.0, 0.01, False), (0.003, 0.002, False), (0.009, 0.002, False)),
    *((0.009, 0.01, False), (0.02, 0.01, False), (0.009, 0.002, True)),
)


def runs(repetitions: int, only: str, pool: ProcessPoolExecutor) -> None:
    """Print what two sides taken at different times are called."""
    headings = ("holds 1", "a case", "of 40", "alike", "+3 %", "+6 %", "+10 %")
    print(
        f"{'effect of a run':16}{'processes':>10}{'runs':>8}", *(f"{each:>8}" for each in headings)
    )
    for effect, differ, heavy in EFFECTS:
        name = f"{100 * effect:g} %{', t' if heavy else ''}"
        for numbers in RUNS if only in name else ():
            study = partial(Study, effect, differ, numbers, heavy=heavy)
            single = repeated(judged, study(), repetitions, pool)
            suites = [
                repeated(judged, study(cases=40, common=common), repetitions // 4, pool)
                for common in (False, True)
            ]
            slower = [
                repeated(judged, study(slower=by), repetitions, pool) for by in (0.03, 0.06, 0.1)
            ]
            cells = (
                *(percent(single[:, 0]), percent(single[:, 1])),
                *(percent(found[:, 1]) for found in suites),
                *(percent(found[:, 2]) for found in slower),
            )
            print(
                f"{name:16}{f'{100 * differ:g} %':>10}{f'{numbers[0]}, {numbers[1]}':>8}",
                *(f"{cell:>8}" for cell in cells),
                flush=True,
            )


def repeated(
    draw: Callable[[Study, int], list[float]],
    study: Study,
    repetitions: int,
    pool: ProcessPoolExecutor,
) -> Values:
    """Return what a study gives, a row for each repetition."""
    return np.array(list(pool.map(partial(draw, study), range(repetitions), chunksize=20)))


def slow_share(share: float, seed: int) -> list[float]:
    """Compare 20 processes with 20 of which a share is 30 % slower."""
    random = np.random.default_rng(seed)
    base = 1 + random.normal(0, 0.01, 20)
    new = (1 + random.normal(0, 0.01, 20)) * np.where(random.random(20) < share, 1.3, 1)
    before, now = (result([COST * values[:, None]]) for values in (base, new))
    found = compare(before, now, ALLOWED, run_effect=0.0)
    verdict, why = found.cases["verdict"][0], found.cases["why"][0]
    return [
        float(verdict == UNCHANGED),
        float("as long as the others" in why),
        float(verdict == SLOWER),
        float(judge(found, ALLOWED).code == 0),
    ]


def odd(repetitions: int, only: str, pool: ProcessPoolExecutor) -> None:
    """Print what a share of slow processes is called."""
    headings = ("the same", "finding", "slower", "gate passes")
    print(f"{'30 % slower':17}", *(f"{each:>12}" for each in headings))
    for share in (0.0, 0.05, 0.1, 0.2):
        name = f"{100 * share:g} % of processes"
        if only in name:
            found = pool.map(partial(slow_share, share), range(repetitions), chunksize=50)
            columns = np.array(list(found)).T
            print(f"{name:17}", *(f"{percent(each):>12}" for each in columns), flush=True)


def gate_of_suite(study: Study, seed: int) -> list[float]:
    """Return whether the gate fails an unchanged case, and whether it fails the first."""
    states = states_of(study.compared(seed), ALLOWED)
    failed = states == "regression"
    return [float(failed[1:].any()), float(failed[0])]


def suites(repetitions: int, only: str, pool: ProcessPoolExecutor) -> None:
    """Print how often the gate fails suites of 500 unchanged cases, and finds one that grew."""
    headings = ("fails", "+6 %", "+10 %")
    print(f"{'processes':>12}{'differ by':>11}", *(f"{each:>10}" for each in headings))
    for processes, differ in ((6, 0.02), (8, 0.05), (8, 0.1), (20, 0.02), (20, 0.1), (60, 0.05)):
        study = partial(Study, 0.0, differ, processes=processes, cases=500, added=0.0)
        same, *grown = (
            repeated(gate_of_suite, study(slower=by), repetitions // 10, pool)
            for by in (0.0, 0.06, 0.1)
        )
        cells = (percent(same[:, 0]), *(percent(found[:, 1]) for found in grown))
        print(
            f"{processes:>12}{f'{100 * differ:g} %':>11}",
            *(f"{cell:>10}" for cell in cells),
            flush=True,
        )


TABLES = {"intervals": intervals, "runs": runs, "odd": odd, "suites": suites}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", nargs="*", choices=[*TABLES, []], default=list(TABLES))
    parser.add_argument("--repetitions", type=int, default=2000)
    parser.add_argument("--only", default="", help="rows whose name holds this")
    given = parser.parse_args(arguments)
    with ProcessPoolExecutor() as pool:
        for name in given.tables or TABLES:
            TABLES[name](given.repetitions, given.only, pool)
            print()


if __name__ == "__main__":
    main()
