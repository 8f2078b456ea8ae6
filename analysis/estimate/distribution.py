"""What a median hides: two modes, a drift over the run, or neighbours alike, in words."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .sample import Numbers

# Fewer processes show no shape.
ENOUGH = 10
# A mode has at least this share of the processes. A smaller group is outliers.
LEAST_SHARE = 0.15
# The least separation of two modes, in Ashman's D (Ashman, Bird and Zepf, Astronomical Journal 108,
# 1994). Two normal distributions are distinct beyond 2. But one distribution cut in two has 2.7 on
# average, and less than 7 in 99 of 100 samples of 10 to 60 (tests/benchmarks/shapes.py).
SEPARATE = 7.0
# A drift is reported if its rank correlation with the round has at most the probability UNLIKELY by
# chance, and if the last third differs from the first by at least WORTH_A_WORD. Two modes must
# differ by as much, and nine tenths from one tenth of the processes where neighbours are alike.
UNLIKELY, WORTH_A_WORD = 0.001, 0.01
ROUNDING = 1e-14  # of a variance of values between -1 and 1


def shape(values: Numbers, rounds: tuple[int, ...] | None) -> str:
    """Return what the median of a case's processes hides, in words; "" for nothing.

    `values` has one figure per process, of any unit; `rounds` the round of each, None if unknown.
    """
    if values.size < ENOUGH:
        return ""
    found = [_drift(values, rounds) or _alike(values, rounds), _modes(values)]
    return "; ".join(text for text in found if text)


def _drift(values: Numbers, rounds: tuple[int, ...] | None) -> str:
    if rounds is None:
        return ""
    third = values.size // 3
    in_order = values[np.argsort(rounds)]
    change = float(np.median(in_order[-third:]) / np.median(in_order[:third]) - 1)
    if abs(change) < WORTH_A_WORD or chance(np.array(rounds), values) > UNLIKELY:
        return ""
    return f"drifts {'up' if change > 0 else 'down'} by {abs(change):.1%} over the run"


def _alike(values: Numbers, rounds: tuple[int, ...] | None) -> str:
    """Tell whether processes resemble those of the round before: they are then not independent."""
    if rounds is None:
        return ""
    in_order = values[np.argsort(rounds)]
    before, after = in_order[:-1], in_order[1:]
    if np.ptp(before) == 0 or np.ptp(after) == 0:
        return ""
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9))
    if (high - low) / middle < WORTH_A_WORD:
        return ""
    correlation = _correlation(before, after)
    if correlation <= 0 or _p_value(correlation, before.size) > UNLIKELY:
        return ""
    return (
        f"neighbouring rounds are alike (correlation {correlation:.2f}): its interval is too narrow"
    )


def chance(first: NDArray[np.generic], second: NDArray[np.generic]) -> float:
    """Return the p-value of the rank correlation of two samples, as scipy.stats.spearmanr does.

    Both have the same size, four or more.
    """
    return _p_value(_correlation(first, second), first.size)


def _correlation(first: NDArray[np.generic], second: NDArray[np.generic]) -> float:
    return float(np.corrcoef(_ranks(first), _ranks(second))[0, 1])


def _p_value(correlation: float, size: int) -> float:
    """Return the p-value of a rank correlation.

    By Student's distribution (Abramowitz and Stegun, 26.7.3 and 26.7.4). SciPy is not used because
    importing it takes a second.
    """
    freedom = size - 2
    sine, cosine = abs(correlation), math.sqrt(max(0.0, 1 - correlation**2))
    odd = freedom % 2
    term = total = cosine if odd else 1.0
    for step in range(2 + odd, freedom, 2):
        term *= cosine**2 * (step - 1) / step
        total += term
    within = 2 / math.pi * (math.asin(sine) + sine * total) if odd else sine * total
    return 1 - within


def _ranks(values: NDArray[np.generic]) -> Numbers:
    """Return the rank of each value; equal values share their mean rank."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((counts.cumsum() - (counts - 1) / 2)[places])


def _modes(values: Numbers) -> str:
    ordered = np.sort(values)
    cut = _best_cut(ordered)
    low, high = ordered[:cut], ordered[cut:]
    if separation(low, high) < SEPARATE or np.median(high) / np.median(low) - 1 < WORTH_A_WORD:
        return ""
    ratio = np.median(high) / np.median(low)
    return (
        f"two modes: {high.size / ordered.size:.0%} of the processes cost {ratio:.2f} times as much"
    )


def _best_cut(ordered: Numbers) -> int:
    """Return how many values lie below the cut that separates its two parts best."""
    least = max(2, int(np.ceil(LEAST_SHARE * ordered.size)))
    cuts = np.arange(least, ordered.size - least + 1)
    # Moments come from cumulative sums. Without centring, rounding would swamp the variances.
    centred = (ordered - ordered.mean()) / (np.ptp(ordered) or 1.0)
    sums, squares = np.cumsum(centred), np.cumsum(centred**2)
    means, variances = zip(
        _moments(sums[cuts - 1], squares[cuts - 1], cuts),
        _moments(sums[-1] - sums[cuts - 1], squares[-1] - squares[cuts - 1], ordered.size - cuts),
        strict=True,
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.abs(means[1] - means[0]) / np.sqrt(variances[0] + variances[1])
    return int(cuts[np.argmax(np.nan_to_num(apart, nan=0.0, posinf=np.inf))])


def _moments(
    total: Numbers, squares: Numbers, number: NDArray[np.int64]
) -> tuple[Numbers, Numbers]:
    """Return mean and variance from sums; a variance that is only rounding error becomes 0."""
    variance = (squares - total**2 / number) / (number - 1)
    return total / number, np.where(variance < ROUNDING, 0.0, variance)


def separation(low: Numbers, high: Numbers) -> float:
    """Return Ashman's D of two parts of a sample: infinity where neither varies."""
    spread = float(np.hypot(low.std(ddof=1), high.std(ddof=1)))
    apart = float(np.sqrt(2) * abs(high.mean() - low.mean()))
    return apart / spread if spread else float("inf")
