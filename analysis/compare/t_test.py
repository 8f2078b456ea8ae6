"""Welch's and Yuen's t-tests of two means, with an effect of the run added to their error."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from ..estimate.median_interval import CONFIDENCE
from ..estimate.sample import Numbers
from ..interval import Interval


@dataclass(frozen=True)
class MeanDifference:
    """The difference of two means with its standard error."""

    value: float
    error: float
    degrees: float  # of freedom of the error

    @property
    def p(self) -> float:
        """The p-value of no difference, by Student's distribution."""
        from scipy import special  # noqa: PLC0415 - slow to import: a page of one machine needs none

        return float(2 * special.stdtr(self.degrees, -abs(self.value) / self.error))

    @property
    def bounds(self) -> tuple[float, float]:
        """The bounds of its 95 % interval."""
        from scipy import special  # noqa: PLC0415

        half = float(special.stdtrit(self.degrees, (1 + CONFIDENCE) / 2)) * self.error
        return self.value - half, self.value + half

    def plus(self, effect: float) -> MeanDifference:
        """Return the same with a further error, a standard deviation that is known."""
        error = math.hypot(self.error, effect)
        return replace(self, error=error, degrees=self.degrees * (error / self.error) ** 4)


def over_processes(base: Numbers, new: Numbers, trim: float) -> MeanDifference:
    """Return the difference of the means of two samples, each of two values or more.

    By Welch (Biometrika 34, 1947); with `trim`, the share of the values that is left out at either
    end, by Yuen (Biometrika 61, 1974).
    """
    first, second = _mean(base, trim), _mean(new, trim)
    return _difference(first, second)


def over_runs(base: Numbers, new: Numbers) -> MeanDifference:
    """Return the difference of the means of two samples of runs, one of which may be a single run.

    By Welch. A single run varies as those of the other side do.
    """
    if min(base.size, new.size) > 1:
        return over_processes(base, new, trim=0.0)
    several = base if base.size > 1 else new
    error = float(several.std(ddof=1)) * math.sqrt(1 + 1 / several.size)
    return MeanDifference(float(new.mean() - base.mean()), error, several.size - 1.0)


def with_effect(ratio: Interval, effect: float) -> Interval:
    """Return a ratio with a wider interval: `effect` is a standard deviation of its logarithm."""
    if not effect or ratio.bounds is None or ratio.bounds[0] <= 0:
        return ratio
    low, high = ratio.bounds
    half = NORMAL95 * effect
    below = math.hypot(math.log(ratio.value / low), half)
    above = math.hypot(math.log(high / ratio.value), half)
    return replace(ratio, low=ratio.value * math.exp(-below), high=ratio.value * math.exp(above))


NORMAL95 = 1.96  # the two-sided 95 % point of the normal distribution


@dataclass(frozen=True)
class _Mean:
    value: float
    variance: float  # of the mean
    degrees: float


def _mean(values: Numbers, trim: float) -> _Mean:
    """Return a trimmed mean; its variance is that of the winsorised values."""
    ordered = np.sort(values)
    out = int(trim * values.size)
    kept = values.size - 2 * out
    inner = ordered[out : out + kept]
    ends = np.clip(ordered, inner[0], inner[-1])
    squares = float(((ends - ends.mean()) ** 2).sum())
    return _Mean(float(inner.mean()), squares / (kept * (kept - 1)), kept - 1.0)


def _difference(base: _Mean, new: _Mean) -> MeanDifference:
    variance = base.variance + new.variance
    parts = sum(each.variance**2 / each.degrees for each in (base, new))
    degrees = variance**2 / parts if parts else math.inf
    return MeanDifference(new.value - base.value, math.sqrt(variance), degrees)
