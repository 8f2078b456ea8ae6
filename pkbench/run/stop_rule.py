"""Decide how well a case is known so far, and how to spend the time that is left."""

import math
from collections.abc import Iterable, Sequence
from itertools import compress
from statistics import fmean, median, variance
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

# Two-sided 95 % points of Student's t for 1 to 30 degrees of freedom (Fisher and Yates, Statistical
# Tables, table III). Beyond 30, 1.96 is at most 4 per cent too small.
T95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
NORMAL95 = 1.96
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


def half_width(values: UsableValues) -> float:
    """Return half the 95 % interval of a case's mean over processes, relative to that mean.

    The process is the unit: each counts by its median. Infinite for fewer than two processes.
    """
    medians = [median(of_process) for of_process in values]
    if len(medians) < 2:
        return math.inf
    degrees = len(medians) - 1
    t = T95[degrees - 1] if degrees <= len(T95) else NORMAL95
    return t * math.sqrt(variance(medians) / len(medians)) / fmean(medians)


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
