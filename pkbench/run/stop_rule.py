"""How well a case is known so far, and how what is still to be measured is best spent."""

import math
from collections.abc import Iterable, Sequence
from itertools import compress
from statistics import fmean, median, variance
from typing import NamedTuple

from pkbench.resultfile import Run, per_value
from pkbench.worker.smt_contention import (
    BRANCHES_CONTENDED,
    NOPS_CONTENDED,
    agree,
    best,
    contended,
    cycle_seconds,
    mostly_agree,
)

# Two-sided 95 % points of Student's t for 1 to 30 degrees of freedom (Fisher and Yates, Statistical
# Tables, table III); 1.96 beyond is a few per cent short of the last.
T95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
NORMAL95 = 1.96
# Values that a process takes of a case, whatever their variances say.
FEWEST_VALUES, MOST_VALUES = 3, 15
# What contaminates a value during which it is not zero, and the share of a process's values that
# must be clean for the others to be left out. Where most are contaminated, that is what the case
# costs, here or everywhere: a yield is an involuntary switch, and a long value meets several.
DISTURBANCES = ("involuntary_switches", "migrations", "steal_seconds")
CLEAN_SHARE = 0.5
# Processes with values of a core of their own that must be there for those beside a neighbour to be
# left out, whatever their share: a neighbour comes and goes, and no case brings it along.
FEWEST_UNCONTENDED = 3


class Spread(NamedTuple):
    """The two variances of a case's values, relative to its mean squared."""

    within: float  # of the values of one process
    between: float  # of the processes' own means


class Process(NamedTuple):
    """What the stop rule reads of one run of a case: a list each, with an item a value."""

    values: list[float]
    adds: list[float]
    multiplies: list[float]
    clean: list[bool]  # whether it counts for all that contaminated it
    nop_cycles: list[float]
    branch_cycles: list[float]

    @property
    def agreeing(self) -> list[bool]:
        """Whether the chains beside each value agree."""
        return [agree(*chains) for chains in zip(self.adds, self.multiplies, strict=False)]


Figures = list[list[float]]  # the values that count: a list a process


def read(run: Run) -> Process:
    """Return what the stop rule reads of a run; lists of what wasn't read are empty.

    All values of a run count as clean where fewer than `CLEAN_SHARE` are.
    """
    contaminants = [deltas for name in DISTURBANCES if (deltas := per_value(run, name))]
    clean = [not any(deltas) for deltas in zip(*contaminants, strict=True)]
    if not clean or fmean(clean) < CLEAN_SHARE:
        clean = [True] * len(run["values"])
    adds, multiplies = per_value(run, "add_seconds"), per_value(run, "multiply_seconds")
    nop_cycles, branch_cycles = per_value(run, "nop_cycles"), per_value(run, "branch_cycles")
    return Process(list(run["values"]), adds, multiplies, clean, nop_cycles, branch_cycles)


class Core(NamedTuple):
    """What all values of a run tell of its core."""

    best_nop_cycles: float  # what a core alone takes for a no-op; 0 where there is no telling
    best_branch_cycles: float  # and for a step whose branch can't be predicted
    tells_cycles: bool


NO_CORE = Core(0.0, 0.0, tells_cycles=False)  # before anything was read


def core_of(processes: Iterable[Process]) -> Core:
    """Return what the chains, no-ops and branches beside the values of all cases tell."""
    nops: list[tuple[float, bool]] = []
    branches: list[tuple[float, bool]] = []
    agreeing: list[bool] = []
    for process in processes:
        agrees = process.agreeing
        believed = agrees or [True] * len(process.values)  # chains not timed can't disagree
        nops += zip(process.nop_cycles, believed, strict=False)
        branches += zip(process.branch_cycles, believed, strict=False)
        agreeing += agrees
    best_nop_cycles = best(nops)
    tells_cycles = best_nop_cycles > 0 or mostly_agree(agreeing)
    return Core(best_nop_cycles, best(branches, BRANCHES_CONTENDED), tells_cycles)


def figures(processes: Sequence[Process], core: Core) -> Figures:
    """Return the values of each process that count: all in core cycles, or all in seconds.

    In cycles where the chains beside the values tell them: frequency moves values by several per
    cent from one minute to the next, and chain and value alike. Where `FEWEST_ALONE` processes have
    clean values that were taken with nobody else on the core, only these count: processes without
    are left out.
    """
    in_cycles = core.tells_cycles and all(
        len(process.adds) == len(process.multiplies) == len(process.values) for process in processes
    )
    values = [
        _cycles(process, core.best_nop_cycles) if in_cycles else process.values
        for process in processes
    ]
    clean = [process.clean for process in processes]
    alone = [_uncontended(process, core) for process in processes]
    kept = alone if number_uncontended(processes, core) >= FEWEST_UNCONTENDED else clean
    chosen = [list(compress(*pair)) for pair in zip(values, kept, strict=True)]
    return [one for one in chosen if one]


def number_uncontended(processes: Sequence[Process], core: Core) -> int:
    """Return how many processes have a value that nothing spoilt."""
    return sum(any(_uncontended(process, core)) for process in processes)


def _uncontended(process: Process, core: Core) -> list[bool]:
    """Tell of each value whether it is clean, and nobody else was on the core."""
    alone = process.clean
    for read, least, apart in (
        (process.nop_cycles, core.best_nop_cycles, NOPS_CONTENDED),
        (process.branch_cycles, core.best_branch_cycles, BRANCHES_CONTENDED),
    ):
        if read:
            alone = [
                kept and not contended(cycles, least, apart)
                for kept, cycles in zip(alone, read, strict=True)
            ]
    return alone


def _cycles(process: Process, best_nop_cycles: float) -> list[float]:
    nops = process.nop_cycles or [0.0] * len(process.values)
    read = zip(process.values, process.adds, nops, strict=True)
    return [value / cycle_seconds(add, nop, best_nop_cycles) for value, add, nop in read]


def half_width(taken: Figures) -> float:
    """Return half the 95 % interval of a case's mean over processes, relative to that mean.

    The process is the unit: of each, the median. Infinite for fewer than two processes.
    """
    medians = [median(values) for values in taken]
    if len(medians) < 2:
        return math.inf
    degrees = len(medians) - 1
    t = T95[degrees - 1] if degrees <= len(T95) else NORMAL95
    return t * math.sqrt(variance(medians) / len(medians)) / fmean(medians)


def spread(taken: Figures) -> Spread | None:
    """Return the variances within and between processes, or None where they can't be told.

    The one-way random-effects estimate (Cochran, Sampling Techniques, third edition, 10.3).
    """
    taken = [values for values in taken if len(values) > 1]
    if len(taken) < 2:
        return None
    mean = fmean(fmean(values) for values in taken)
    within = fmean(variance(values) for values in taken)
    of_means = variance(fmean(values) for values in taken)
    between = max(0.0, of_means - within / fmean(map(len, taken)))
    return Spread(within / mean**2, between / mean**2)


def best_values(found: Spread | None, process_seconds: float, value_seconds: float) -> int | None:
    """Return how many values a process should take for the narrowest interval in the time.

    The optimum of two-stage sampling: the square root of the two costs' ratio times the two
    variances' (Cochran, Sampling Techniques, third edition, 10.6). None where it can't be told.
    """
    if found is None or value_seconds <= 0:
        return None
    if found.between == 0:
        return MOST_VALUES
    best = math.sqrt(process_seconds / value_seconds * found.within / found.between)
    return min(MOST_VALUES, max(FEWEST_VALUES, round(best)))
