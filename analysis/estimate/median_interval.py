"""The 95 % interval of a median over processes, and of what is made of two medians."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..interval import ENOUGH_PROCESSES, Interval
from .coarse_clock import step_of

CONFIDENCE = 0.95
# What the order statistics are chosen for. A run that plans its length by its first processes takes
# up to 1.6 points from an interval of normal processes (tests/benchmarks/coverage.py): with this
# allowance more than 93.5 % hold.
CHOSEN = 0.956
# Where more than this share of the outer pair's range lies between one of its ends and the next
# value inwards, that end is not interpolated: the sample has two modes, and the median lies
# anywhere in the gap between them. With the plain rule, intervals of 6 to 30 processes in two equal
# modes hold 87 to 95 % of the time; so, 95 % or more (tests/benchmarks/coverage.py).
GAP = 0.5


class _Order(NamedTuple):
    """Which ordered values of a sample are the ends of the median's interval."""

    outer: int  # how many values lie outside either end, before interpolation
    inwards: float  # the share of the way to the next value inwards


@cache
def _order(size: int) -> _Order:
    """Return where the ends lie in a sample of a size, six or more.

    The outer pair of order statistics holds the median with more than 95 %, the next one inwards
    with less. Between them: Hettmansperger and Sheather, Statistics and Probability Letters 4,
    1986.
    """
    place, within, next_within = 0, 1.0, 1 - 2 / 2**size  # within the pair, and the next inwards
    while next_within >= CHOSEN:
        place += 1  # of the pair's lower value, from 1
        within, next_within = next_within, next_within - 2 * math.comb(size, place) / 2**size
    share = (within - CHOSEN) / (within - next_within)
    return _Order(place - 1, (size - place) * share / (place + (size - 2 * place) * share))


def of_median(values: NDArray[np.float64]) -> Interval:
    """Return the median of one value per process, with its 95 % interval.

    By order statistics, which hold whatever the distribution is. Without bounds for fewer than six
    processes: no pair of their values holds the median with 95 %.
    """
    size, value = int(values.size), float(np.median(values))
    if size < ENOUGH_PROCESSES:
        return Interval(value, processes=size)
    ordered = np.sort(values)
    outer, inwards = _order(size)
    bottom, lower = (float(ordered[place]) for place in (outer, outer + 1))
    top, upper = (float(ordered[size - 1 - place]) for place in (outer, outer + 1))
    gap = GAP * (top - bottom)
    low = bottom if lower - bottom > gap else bottom + inwards * (lower - bottom)
    high = top if top - upper > gap else top - inwards * (top - upper)
    rounded = step_of(values) / 2  # a clock with steps of this size may have rounded all alike
    return Interval(value, low - rounded, high + rounded, size)


def difference(over: Interval, under: Interval) -> Interval:
    """Return the difference of two independent figures.

    Its interval by recovering the variances of both from their intervals, for either side on its
    own (Zou and Donner, Statistics in Medicine 27, 2008).
    """
    value, processes = over.value - under.value, _smaller(over, under)
    if over.bounds is None or under.bounds is None:
        return Interval(value, processes=processes)
    (low, high), (least, most) = over.bounds, under.bounds
    below = math.hypot(over.value - low, most - under.value)
    above = math.hypot(high - over.value, under.value - least)
    return Interval(value, value - below, value + above, processes)


def quotient(over: Interval, under: Interval) -> Interval:
    """Return the quotient of two independent figures.

    Its interval as that of the difference of their logarithms. Where the interval of `over` reaches
    zero, the lower end is the lowest that two values of the intervals give, which is too low rather
    than too high. Without bounds where `over` is not above zero, or `under` reaches zero.
    """
    value, processes = over.value / under.value, _smaller(over, under)
    if over.bounds is None or under.bounds is None:
        return Interval(value, processes=processes)
    (low, high), (least, most) = over.bounds, under.bounds
    if least <= 0 or over.value <= 0:
        return Interval(value, processes=processes)
    above = math.hypot(math.log(high / over.value), math.log(under.value / least))
    if low <= 0:
        lowest = low / least
    else:
        below = math.hypot(math.log(over.value / low), math.log(most / under.value))
        lowest = value * math.exp(-below)
    return Interval(value, lowest, value * math.exp(above), processes)


def _smaller(over: Interval, under: Interval) -> int | None:
    """Return how many processes the smaller of two samples has."""
    return min(
        (each.processes for each in (over, under) if each.processes is not None), default=None
    )
