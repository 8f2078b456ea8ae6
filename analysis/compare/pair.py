"""Two samples of one case: their ratio, its interval, and what stands in the way of a verdict."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .. import formatting
from ..estimate.resample import CONFIDENCE
from ..estimate.sample import Numbers

# A process is odd if it is further from the median of its side than ODD standard deviations,
# estimated by the median absolute deviation. Where there is an odd process, the share TRIMMED of
# the processes at either end is left out of the means. Why: of the processes of a getppid on a
# Zen 4 core, one in fifty takes 1.32 times as long as the others. With one of them, the mean of
# twenty processes has an interval of 2.5 %; without, of 0.1 %.
# Why not always: trimming finds fewer true differences. Where processes differ by 2 %, a true 3 %
# is found in 98.0 instead of 99.0 % of cases, and in 64.9 instead of 84.1 % where it is one case of
# 40 (tests/benchmarks/same_simulated.py).
ODD, TRIMMED = 10.0, 0.2
NORMAL = 1.4826  # of a normal distribution, the standard deviation ÷ the median absolute deviation
# With so many more odd processes on one side, of as many as the smaller side has, the trimmed means
# say nothing about the rest: one odd process comes by chance.
MORE_ODD = 2
# Contention was seen to make a case take up to 200 ns instead of 132 (getppid; docs/accuracy.md,
# "What does SMT contention cost?").
CONTENTION = 200 / 132
# A clock whose step is this share of a cost shows differences where there are none, or hides them.
# Its step shows in ENOUGH figures: they are multiples of it, within ROUNDED of a step, and at least
# the share TIED of them are equal to another one.
COARSE, ENOUGH, ROUNDED, TIED = 0.005, 12, 0.01, 0.25


@dataclass(frozen=True)
class Side:
    """One result's figures of a case, an entry per process."""

    seconds: Numbers  # per operation; a number of instructions where exact
    cycles: Numbers  # the same in core cycles; NaN where not known
    contended: str = ""  # why some of it may be too long: contention of the core; "" for nothing
    least: float = np.nan  # of exact counts: the range of their repeats; NaN where these agree
    most: float = np.nan


@dataclass(frozen=True)
class Pair:
    """What is known of two sides before the other cases of the results are looked at."""

    unit: str  # cycles, s or instructions
    base: float  # the cost per operation: the geometric mean over processes, or the least count
    new: float
    ratio: float  # new ÷ base
    low: float  # the bounds of the ratio's 95 % interval; NaN without one
    high: float
    p: float  # of no difference, for this case alone; NaN without a test
    odd_base: int = 0  # odd processes, left out of the means
    odd_new: int = 0
    why: str = ""  # what makes it inconclusive, or what to know about it; "" for nothing
    explained: float = 1.0  # a ratio within this factor of 1 may be due to that


def cost(side: Side, unit: str) -> float:
    """Return the cost of a case that only one result has."""
    values = in_unit(side, unit)
    if unit == "instructions":
        return float(values.min())
    logarithms = np.log(values)
    return _exp_mean(_trimmed(logarithms, TRIMMED if _odd(logarithms).any() else 0.0))


def in_unit(side: Side, unit: str) -> Numbers:
    """Return a side's figures in cycles, or else as they were measured."""
    return side.cycles if unit == "cycles" else side.seconds


def pair(base: Side, new: Side, unit: str) -> Pair:
    """Compare two sides in a unit: cycles, s or instructions."""
    if unit == "instructions":
        return _counts(base, new)
    first, second = np.log(in_unit(base, unit)), np.log(in_unit(new, unit))
    odd_base, odd_new = _odd(first), _odd(second)
    trim = TRIMMED if odd_base.any() or odd_new.any() else 0.0
    inner = _trimmed(first, trim), _trimmed(second, trim)
    low, high, p, untested = _t_test(first, second, trim)
    hints = (
        (untested, 1.0),
        _contention(base, new),
        _coarse_clock(base, new),
        (_more_odd(first, second, odd_base, odd_new), 1.0),
    )
    why, explained = next((hint for hint in hints if hint[0]), ("", 1.0))
    return Pair(
        unit,
        base=_exp_mean(inner[0]),
        new=_exp_mean(inner[1]),
        ratio=float(np.exp(inner[1].mean() - inner[0].mean())),
        low=low,
        high=high,
        p=p,
        odd_base=int(odd_base.sum()),
        odd_new=int(odd_new.sum()),
        why=why,
        explained=explained,
    )


def _counts(base: Side, new: Side) -> Pair:
    costs = float(base.seconds.min()), float(new.seconds.min())
    (least, most), (low, high) = _range(base, costs[0]), _range(new, costs[1])
    apart = high < least or low > most
    ratio = costs[1] / costs[0]
    why = "within what repeats of a count differ by" if not apart and ratio != 1 else ""
    return Pair("instructions", *costs, ratio, low / most, high / least, float(not apart), why=why)


def _range(side: Side, count: float) -> tuple[float, float]:
    return (count, count) if np.isnan(side.least) else (side.least, side.most)


def _odd(logarithms: Numbers) -> NDArray[np.bool_]:
    """Tell which processes are odd, as ODD defines it."""
    apart = np.abs(logarithms - np.median(logarithms))
    return np.asarray(apart > ODD * NORMAL * np.median(apart))


def _exp_mean(logarithms: Numbers) -> float:
    return float(np.exp(logarithms.mean()))


def _trimmed(values: Numbers, trim: float) -> Numbers:
    """Return the values without the share `trim` at either end."""
    out = int(trim * values.size)
    return np.sort(values)[out : values.size - out]


def _t_test(base: Numbers, new: Numbers, trim: float) -> tuple[float, float, float, str]:
    """Return the bounds of the ratio, the p-value, and why there are none, or ""."""
    if min(base.size, new.size) < 2:
        return np.nan, np.nan, np.nan, "one process shows no variation: measure two or more"
    if _trimmed(base, trim).var() == 0 and _trimmed(new, trim).var() == 0:
        # Only a clock too coarse for the cost makes all processes agree to the last bit.
        return np.nan, np.nan, np.nan, "all processes agree exactly: the clock is too coarse"
    from scipy import stats  # noqa: PLC0415 - slow to import: a page of one machine needs none

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy warns where processes hardly differ
        tested = stats.ttest_ind(new, base, equal_var=False, trim=trim)
    with np.errstate(over="ignore"):  # the bound of two processes far apart is infinite
        low, high = np.exp(tested.confidence_interval(CONFIDENCE))
    return float(low), float(high), float(tested.pvalue), ""


def _contention(base: Side, new: Side) -> tuple[str, float]:
    """Return what to know if only one side was contended, and the largest effect ever seen."""
    if base.contended and new.contended:
        return "", 1.0
    hint = base.contended or new.contended
    return hint, CONTENTION if hint else 1.0


def _coarse_clock(base: Side, new: Side) -> tuple[str, float]:
    """Return what to know where the clock's step is a large share of a cost, and how large."""
    every = np.concatenate([base.seconds, new.seconds])
    steps = np.diff(np.unique(every))
    tied = every.size - 1 - steps.size
    if not steps.size or every.size < ENOUGH or tied < TIED * every.size:
        return "", 1.0
    multiples = steps / steps.min()
    share = float(steps.min() / min(np.median(base.seconds), np.median(new.seconds)))
    if share < COARSE * (1 - ROUNDED) or np.abs(multiples - multiples.round()).max() > ROUNDED:
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
    if abs(more) * min(base.size, new.size) < MORE_ODD - 1e-9:
        return ""
    values, odd = (new, odd_new) if more > 0 else (base, odd_base)
    times = float(np.median(np.exp(values[odd])) / np.median(np.exp(values[~odd])))
    return (
        f"{odd_base.sum()} of {base.size} processes of the base result and {odd_new.sum()} of "
        f"{new.size} of the new one took much longer or shorter than the others: "
        f"{formatting.figures(times)} times as long"
    )
