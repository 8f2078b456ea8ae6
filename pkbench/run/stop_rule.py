"""Decide how well a case is known so far, and how to spend the time that is left."""

import math
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import compress, pairwise
from statistics import fmean, median, stdev, variance
from typing import NamedTuple

from pkbench.cases.catalogue import Case
from pkbench.resultfile import Run, per_value
from pkbench.worker.smt_contention import (
    BRANCHES_CONTENDED,
    NOPS_CONTENDED,
    consistent,
    contended,
    cycle_seconds,
    mostly_consistent,
    uncontended_cycles,
)

# A run looks at a case's interval after PILOT processes, and plans from it how many are needed. A
# rule that looks after each round stops when the values happen to agree: what it calls a 95 %
# interval then holds 87 to 92 % of the time (tests/benchmarks/coverage.py).
PILOT = 10
# Two-sided 95 % point of Student's t for PILOT - 1 degrees of freedom (Fisher and Yates,
# Statistical Tables, table III).
T95 = 2.262
# Of a normal distribution, the standard error of a median ÷ that of a mean, of many values.
MEDIAN_ERROR = math.sqrt(math.pi / 2)
# The interval of a median needs six values: see pkbench.analysis.estimate.median_interval, which
# has the same interval. A test holds the two together.
CHOSEN, FEWEST_PROCESSES, GAP = 0.956, 6, 0.5
STEP_SHOWS, TIED, ROUNDED = 12, 0.25, 0.01  # likewise, of coarse_clock
# A process takes at least and at most this many values of a case, whatever the variances are.
FEWEST_VALUES, MOST_VALUES = 3, 15
# A value is disturbed if one of these readings is not zero. Disturbed values are left out if at
# least CLEAN_SHARE of a process's values are undisturbed. Otherwise the disturbance is part of what
# the case costs: a yield is an involuntary switch, and a long value meets several.
DISTURBANCES = ("involuntary_switches", "migrations", "steal_seconds")
CLEAN_SHARE = 0.5
# Contended values are left out as soon as this many processes have uncontended ones, whatever their
# share: contention comes and goes, and no case causes it.
FEWEST_UNCONTENDED = 3

UsableValues = list[list[float]]  # the values that count, a list for each process


class Variances(NamedTuple):
    """The two variances of a case's values, relative to the square of its mean."""

    within: float  # of the values of one process
    between: float  # of the means of the processes


class ProcessValues(NamedTuple):
    """One run of a case: its values, and the readings taken with each value.

    All lists have one item a value; a reading that was not taken is an empty list.
    """

    values: list[float]  # seconds per operation
    add_seconds: list[float]  # core-clock calibration: one dependent addition
    multiply_seconds: list[float]  # core-clock calibration: one dependent multiplication
    undisturbed: list[bool]  # counts, as far as DISTURBANCES go
    nop_cycles: list[float]
    branch_cycles: list[float]

    @property
    def consistent(self) -> list[bool]:
        """Whether the two core-clock calibrations taken with each value are consistent."""
        return [
            consistent(*pair) for pair in zip(self.add_seconds, self.multiply_seconds, strict=False)
        ]


def read_run(run: Run) -> ProcessValues:
    """Return what the stop rule needs of a run.

    All values count as undisturbed where fewer than CLEAN_SHARE are.
    """
    disturbances = [deltas for name in DISTURBANCES if (deltas := per_value(run, name))]
    undisturbed = [not any(deltas) for deltas in zip(*disturbances, strict=True)]
    if not undisturbed or fmean(undisturbed) < CLEAN_SHARE:
        undisturbed = [True] * len(run["values"])
    return ProcessValues(
        values=list(run["values"]),
        add_seconds=per_value(run, "add_seconds"),
        multiply_seconds=per_value(run, "multiply_seconds"),
        undisturbed=undisturbed,
        nop_cycles=per_value(run, "nop_cycles"),
        branch_cycles=per_value(run, "branch_cycles"),
    )


class Core(NamedTuple):
    """What the readings of all values tell about the core of a run."""

    best_nop_cycles: float  # core cycles of a no-op without SMT contention; 0 if not known
    best_branch_cycles: float  # of a step with an unpredictable branch, likewise
    cycles_known: bool  # whether seconds can be converted to core cycles


UNKNOWN_CORE = Core(0.0, 0.0, cycles_known=False)  # before any value was taken


def core_of(processes: Iterable[ProcessValues]) -> Core:
    """Return what the readings taken with the values of all cases tell about the core."""
    nops: list[tuple[float, bool]] = []
    branches: list[tuple[float, bool]] = []
    calibrations: list[bool] = []
    for process in processes:
        found = process.consistent
        trusted = found or [True] * len(process.values)  # without a calibration none is wrong
        nops += zip(process.nop_cycles, trusted, strict=False)
        branches += zip(process.branch_cycles, trusted, strict=False)
        calibrations += found
    best_nop_cycles = uncontended_cycles(nops)
    return Core(
        best_nop_cycles,
        uncontended_cycles(branches, BRANCHES_CONTENDED),
        cycles_known=best_nop_cycles > 0 or mostly_consistent(calibrations),
    )


def usable_values(processes: Sequence[ProcessValues], core: Core) -> UsableValues:
    """Return the values of each process that count, all in core cycles or all in seconds.

    They are in cycles where every value has a core-clock calibration: the frequency changes values
    by several per cent from one minute to the next, and calibrations alike. If FEWEST_UNCONTENDED
    processes have uncontended, undisturbed values, only such values count, and processes without
    them are left out.
    """
    in_cycles = core.cycles_known and all(
        len(process.add_seconds) == len(process.multiply_seconds) == len(process.values)
        for process in processes
    )
    values = [
        _cycles(process, core.best_nop_cycles) if in_cycles else process.values
        for process in processes
    ]
    if uncontended_processes(processes, core) >= FEWEST_UNCONTENDED:
        kept = [_uncontended(process, core) for process in processes]
    else:
        kept = [process.undisturbed for process in processes]
    usable = [list(compress(*pair)) for pair in zip(values, kept, strict=True)]
    return [one for one in usable if one]


def uncontended_processes(processes: Sequence[ProcessValues], core: Core) -> int:
    """Return how many processes have an uncontended, undisturbed value."""
    return sum(any(_uncontended(process, core)) for process in processes)


def _uncontended(process: ProcessValues, core: Core) -> list[bool]:
    """Return for each value whether it is uncontended and undisturbed."""
    uncontended = process.undisturbed
    for readings, best_cycles, limit in (
        (process.nop_cycles, core.best_nop_cycles, NOPS_CONTENDED),
        (process.branch_cycles, core.best_branch_cycles, BRANCHES_CONTENDED),
    ):
        if readings:
            uncontended = [
                kept and not contended(cycles, best_cycles, limit)
                for kept, cycles in zip(uncontended, readings, strict=True)
            ]
    return uncontended


def _cycles(process: ProcessValues, best_nop_cycles: float) -> list[float]:
    nops = process.nop_cycles or [0.0] * len(process.values)
    readings = zip(process.values, process.add_seconds, nops, strict=True)
    return [value / cycle_seconds(add, nop, best_nop_cycles) for value, add, nop in readings]


def is_known(values: UsableValues, target: float) -> bool:
    """Tell whether a case has as many processes as were planned for its target.

    The plan is made from the first PILOT processes, by their interval and by their standard
    deviation: either foresees how many make half an interval as narrow as `target`. Where these
    turn out too few, a further plan is made from them.
    """
    medians = [median(of_process) for of_process in values]
    if len(medians) < PILOT:
        return False
    pilot = medians[:PILOT]
    spread = T95 * MEDIAN_ERROR * stdev(pilot) / fmean(pilot)
    needed = max(PILOT, _processes_for(half_width(pilot), PILOT, target), (spread / target) ** 2)
    while len(medians) >= math.ceil(needed):
        taken = math.ceil(needed)
        reached = half_width(medians[:taken])
        if reached <= target:
            return True
        needed = max(taken + 1, _processes_for(reached, taken, target))
    return False


def _processes_for(reached: float, processes: int, target: float) -> float:
    """Return how many processes narrow an interval from `reached` to `target`."""
    return processes * (reached / target) ** 2


def half_width(medians: Sequence[float]) -> float:
    """Return half the 95 % interval of a median over processes, relative to that median.

    The process is the unit: each counts by the median of its values. By order statistics
    (Hettmansperger and Sheather, Statistics and Probability Letters 4, 1986), as in a report.
    Infinite for fewer than FEWEST_PROCESSES.
    """
    size = len(medians)
    if size < FEWEST_PROCESSES:
        return math.inf
    ordered = sorted(medians)
    outer, inwards = _ends(size)
    bottom, lower = ordered[outer : outer + 2]
    upper, top = ordered[size - outer - 2 : size - outer]
    gap = GAP * (top - bottom)
    low = bottom if lower - bottom > gap else bottom + inwards * (lower - bottom)
    high = top if top - upper > gap else top - inwards * (top - upper)
    return (high - low + _step(ordered)) / 2 / median(medians)


def _step(ordered: Sequence[float]) -> float:
    """Return the clock's step of which sorted figures are multiples; 0 where none shows."""
    steps = [later - before for before, later in pairwise(ordered) if later > before]
    if len(ordered) < STEP_SHOWS or len(ordered) - 1 - len(steps) < TIED * len(ordered):
        return 0.0
    least = min(steps, default=math.inf)
    multiples = [each / least for each in (*steps, *(2 * value for value in ordered))]
    even = all(abs(each - round(each)) <= ROUNDED for each in multiples)
    return least if steps and even else 0.0


@cache
def _ends(size: int) -> tuple[int, float]:
    """Return how many values lie outside either end of the interval, and the share inwards."""
    place, within, next_within = 0, 1.0, 1 - 2 / 2**size
    while next_within >= CHOSEN:
        place += 1
        within, next_within = next_within, next_within - 2 * math.comb(size, place) / 2**size
    share = (within - CHOSEN) / (within - next_within)
    return place - 1, (size - place) * share / (place + (size - 2 * place) * share)


def variances(values: UsableValues) -> Variances | None:
    """Return the variances within and between processes.

    None unless two processes have two values each. The one-way random-effects estimate (Cochran,
    Sampling Techniques, third edition, 10.3).
    """
    values = [of_process for of_process in values if len(of_process) > 1]
    if len(values) < 2:
        return None
    mean = fmean(fmean(of_process) for of_process in values)
    within = fmean(variance(of_process) for of_process in values)
    of_means = variance(fmean(of_process) for of_process in values)
    between = max(0.0, of_means - within / fmean(map(len, values)))
    return Variances(within / mean**2, between / mean**2)


def optimal_values(
    found: Variances | None, process_seconds: float, value_seconds: float
) -> int | None:
    """Return how many values a process should take for the narrowest interval in a given time.

    The optimum of two-stage sampling: the square root of the ratio of the two costs times the ratio
    of the two variances (Cochran, Sampling Techniques, third edition, 10.6). None without variances
    or costs.
    """
    if found is None or value_seconds <= 0:
        return None
    if found.between == 0:
        return MOST_VALUES
    best = math.sqrt(process_seconds / value_seconds * found.within / found.between)
    return min(MOST_VALUES, max(FEWEST_VALUES, round(best)))


def share_of_net(group: Sequence[Case]) -> float:
    """Return the factor, 0 to 1, by which a group's target is narrower because of its slopes.

    A slope is the difference of two cases' costs divided by the difference of their operations, and
    has the errors of both (propagation of independent errors). 1 for a group without slopes.
    """
    slopes = [
        (case.benchmark.inner_loops, case.floor.benchmark.inner_loops)
        for case in group
        if case.benchmark.slope and case.floor
    ]
    return min(((more - fewer) / math.hypot(more, fewer) for more, fewer in slopes), default=1.0)
