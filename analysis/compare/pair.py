"""Two samples of one case: their ratio, its interval, and what stands in the way of a verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .. import formatting
from ..estimate.coarse_clock import ROUNDED, step_of
from ..estimate.median_interval import of_median, quotient
from ..estimate.sample import Numbers
from ..interval import ENOUGH_PROCESSES, Interval
from .t_test import over_processes, over_runs, with_effect

# A process is odd if it is further from the median of its run than ODD standard deviations,
# estimated by the median absolute deviation. Where there is an odd process, the share TRIMMED of
# the processes at either end is left out of the test of the means. Why: of the processes of a
# getppid on a Zen 4 core, one in fifty takes 1.32 times as long as the others, which moves a mean
# of twenty by 1.6 %. Why not always: trimming finds fewer true differences.
ODD, TRIMMED = 10.0, 0.2
NORMAL = 1.4826  # of a normal distribution, the standard deviation ÷ the median absolute deviation
# With so many more odd processes on one side, of as many as the smaller side has, neither medians
# nor trimmed means say anything about the rest: one odd process comes by chance, and where both
# sides have some, as many more as the standard deviation of the difference (of Poisson's numbers)
# times the square root of 2.
MORE_ODD = 2
# Contention was seen to make a case take up to 200 ns instead of 132 (getppid; docs/accuracy.md,
# "What does SMT contention cost?").
CONTENTION = 200 / 132
# A clock whose step is this share of a cost shows differences where there are none, or hides them.
COARSE = 0.005


@dataclass(frozen=True)
class Side:
    """One side's figures of a case, an entry per process."""

    seconds: Numbers  # per operation; a number of instructions where exact
    cycles: Numbers  # the same in core cycles; NaN where not known
    runs: NDArray[np.int_]  # which of the side's runs each process belongs to
    contended: str = ""  # why some of it may be too long: contention of the core; "" for nothing
    least: float = np.nan  # of exact counts: the range of their repeats; NaN where these agree
    most: float = np.nan


@dataclass(frozen=True)
class Pair:
    """What is known of two sides before the other cases of the results are looked at."""

    unit: str  # cycles, s or instructions
    base: float  # the cost per operation: the median over processes, or the least count
    new: float
    ratio: float  # new ÷ base
    low: float  # the bounds of the ratio's 95 % interval; NaN without one
    high: float
    p: float  # of no difference, for this case alone; NaN without a test
    odd_base: int = 0  # odd processes of either side
    odd_new: int = 0
    why: str = ""  # what makes it inconclusive, or what to know about it; "" for nothing
    explained: float = 1.0  # a ratio within this factor of 1 may be due to that


def cost(side: Side, unit: str) -> float:
    """Return what a case costs: the median over processes, of several runs their geometric mean.

    Of exact counts it is the least.
    """
    values = in_unit(side, unit)
    if unit == "instructions":
        return float(values.min())
    return math.exp(float(_of_runs(values, side.runs).mean()))


def in_unit(side: Side, unit: str) -> Numbers:
    """Return a side's figures in cycles, or else as they were measured."""
    return side.cycles if unit == "cycles" else side.seconds


def pair(base: Side, new: Side, unit: str, run_effect: float) -> Pair:
    """Compare two sides in a unit: cycles, s or instructions.

    `run_effect` is by how much two runs of the same differ anyway: the standard deviation of a
    run's own effect, as a share. It counts where either side has one run; the spread of several
    runs shows it.
    """
    if unit == "instructions":
        return _counts(base, new)
    first, second = np.log(in_unit(base, unit)), np.log(in_unit(new, unit))
    odd_base, odd_new = _odd(first, base.runs), _odd(second, new.runs)
    costs = cost(base, unit), cost(new, unit)
    if max(np.unique(side.runs).size for side in (base, new)) > 1:
        ratio, p, untested = _by_runs(
            *(_of_runs(in_unit(side, unit), side.runs, ENOUGH_PROCESSES) for side in (base, new))
        )
    else:
        trim = TRIMMED if odd_base.any() or odd_new.any() else 0.0
        ratio, p, untested = _by_processes(first, second, trim, run_effect)
    hints = (
        (untested, 1.0),
        _contention(base, new),
        _coarse_clock(base, new),
        (_more_odd(first, second, odd_base, odd_new), 1.0),
    )
    why, explained = next((hint for hint in hints if hint[0]), ("", 1.0))
    low, high = ratio.bounds or (np.nan, np.nan)
    return Pair(
        unit,
        *costs,
        ratio=costs[1] / costs[0],
        low=low,
        high=high,
        p=p,
        odd_base=int(odd_base.sum()),
        odd_new=int(odd_new.sum()),
        why=why,
        explained=explained,
    )


NOT_TESTED = Interval(np.nan)
AGREE = 1e-12  # a smaller relative error is that of rounding
FEWEST_RUNS = 4  # of both sides: with three, two runs that agree by chance decide everything


def _by_processes(
    base: Numbers, new: Numbers, trim: float, run_effect: float
) -> tuple[Interval, float, str]:
    """Return the ratio's interval, the p-value, and why there are none, or "".

    `base` and `new` are logarithms, a value per process, of one run each.
    """
    if min(base.size, new.size) < ENOUGH_PROCESSES:
        return NOT_TESTED, np.nan, _too_few(base.size, new.size)
    tested = over_processes(base, new, trim)
    if tested.error < AGREE:
        # Only a clock too coarse for the cost makes all processes agree to the last bit.
        return NOT_TESTED, np.nan, "all processes agree exactly: the clock is too coarse"
    of_medians = quotient(of_median(np.exp(new)), of_median(np.exp(base)))
    # Either run has an effect of its own.
    effect = math.sqrt(2) * math.log1p(run_effect)
    return with_effect(of_medians, effect), tested.plus(effect).p, ""


def _too_few(base: int, new: int) -> str:
    sides = [
        f"{size} of the {side} result"
        for side, size in (("base", base), ("new", new))
        if size < ENOUGH_PROCESSES
    ]
    return (
        f"too few processes count, {' and '.join(sides)}: an interval needs {ENOUGH_PROCESSES}, "
        "and contended ones are left out"
    )


def _by_runs(base: Numbers, new: Numbers) -> tuple[Interval, float, str]:
    """Return the same from logarithms of the medians of runs; one side may have a single run."""
    if min(base.size, new.size) < 1 or base.size + new.size < FEWEST_RUNS:
        few = (
            f"too few runs have {ENOUGH_PROCESSES} processes that count, {base.size} of base and "
            f"{new.size} of new: {FEWEST_RUNS} are needed in all, and one a side"
        )
        return NOT_TESTED, np.nan, few
    tested = over_runs(base, new)
    if tested.error < AGREE:
        return NOT_TESTED, np.nan, "all runs agree exactly: the clock is too coarse"
    low, high = tested.bounds
    with np.errstate(over="ignore"):  # the bound of two runs far apart is infinite
        bounds = float(np.exp(low)), float(np.exp(high))
    return Interval(float(np.exp(tested.value)), *bounds), tested.p, ""


def _of_runs(values: Numbers, runs: NDArray[np.int_], fewest: int = 1) -> Numbers:
    """Return the logarithm of each run's median, of the runs with so many processes or more."""
    each = [values[runs == run] for run in np.unique(runs)]
    return np.log([np.median(run) for run in each if run.size >= fewest])


def _counts(base: Side, new: Side) -> Pair:
    costs = float(base.seconds.min()), float(new.seconds.min())
    (least, most), (low, high) = _range(base, costs[0]), _range(new, costs[1])
    apart = high < least or low > most
    ratio = costs[1] / costs[0]
    why = "within what repeats of a count differ by" if not apart and ratio != 1 else ""
    return Pair("instructions", *costs, ratio, low / most, high / least, float(not apart), why=why)


def _range(side: Side, count: float) -> tuple[float, float]:
    return (count, count) if np.isnan(side.least) else (side.least, side.most)


def _odd(logarithms: Numbers, runs: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Tell which processes are odd, as ODD defines it."""
    odd = np.zeros(logarithms.size, dtype=bool)
    for run in np.unique(runs):
        apart = np.abs(logarithms[runs == run] - np.median(logarithms[runs == run]))
        odd[runs == run] = apart > ODD * NORMAL * np.median(apart)
    return odd


def _contention(base: Side, new: Side) -> tuple[str, float]:
    """Return what to know if only one side was contended, and the largest effect ever seen."""
    if base.contended and new.contended:
        return "", 1.0
    hint = base.contended or new.contended
    return hint, CONTENTION if hint else 1.0


def _coarse_clock(base: Side, new: Side) -> tuple[str, float]:
    """Return what to know where the clock's step is a large share of a cost, and how large."""
    step = step_of(np.concatenate([base.seconds, new.seconds]))
    share = float(step / min(np.median(base.seconds), np.median(new.seconds)))
    if share < COARSE * (1 - ROUNDED):
        return "", 1.0
    hint = f"the clock is too coarse: its step is {formatting.figures(100 * share)} % of the cost"
    return hint, 1 + 2 * share


def _more_odd(
    base: Numbers, new: Numbers, odd_base: NDArray[np.bool_], odd_new: NDArray[np.bool_]
) -> str:
    """Return a finding where one side has a larger share of odd processes; "" where not.

    `base` and `new` are logarithms.
    """
    more = float(odd_new.mean() - odd_base.mean())
    fewest = max(MORE_ODD, math.sqrt(2 * (odd_base.sum() + odd_new.sum())))
    if abs(more) * min(base.size, new.size) < fewest - 1e-9:
        return ""
    values, odd = (new, odd_new) if more > 0 else (base, odd_base)
    times = float(np.median(np.exp(values[odd])) / np.median(np.exp(values[~odd])))
    return (
        f"{odd_base.sum()} of {base.size} processes of the base result and {odd_new.sum()} of "
        f"{new.size} of the new one took {formatting.figures(times)} times as long as the others"
    )
