"""The bootstrap over processes: intervals of what is made of medians, for many cases at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .sample import Numbers

SEED = 20161002  # any fixed number: the same values must give the same interval
RESAMPLES = 1999
CONFIDENCE = 0.95
AT_ONCE = 4_000_000  # resampled values: what fits into the caches of a core

# Of the medians of samples to one figure, elementwise.
Combine = Callable[[Sequence[Numbers]], Numbers]


def bounds(samples: Sequence[Numbers], combine: Combine, paired: bool) -> tuple[Numbers, Numbers]:
    """Return the bounds of the 95 % interval of a figure that is made of the medians of samples.

    A sample has a row per case and a column per process; paired ones are resampled together. All
    cases see the same resamples, so that the interval of one doesn't depend on its company.
    """
    cases = len(samples[0])
    if min(sample.shape[-1] for sample in samples) < 2:
        return np.full(cases, np.nan), np.full(cases, np.nan)
    step = max(1, AT_ONCE // (RESAMPLES * sum(sample.shape[-1] for sample in samples)))
    parts = [
        _bounds([sample[start : start + step] for sample in samples], combine, paired)
        for start in range(0, cases, step)
    ]
    low, high = (np.concatenate(part) for part in zip(*parts, strict=True))
    return low, high


def _bounds(samples: Sequence[Numbers], combine: Combine, paired: bool) -> tuple[Numbers, Numbers]:
    # As scipy.stats.bootstrap draws and reckons, whose import takes longer than all of this.
    # Percentile, not BCa: the acceleration of a median, a jackknife estimate, is unreliable
    # (Efron and Tibshirani, section 11.6), and BCa has no answer when all values are equal.
    random = np.random.default_rng(SEED)
    medians: list[Numbers] = []
    for sample in samples:
        size = sample.shape[-1]
        if not (paired and medians):
            chosen = random.integers(0, size, (RESAMPLES, size))
        medians.append(_Medians.of(sample)(chosen))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = combine(medians)
    tail = (1 - CONFIDENCE) / 2
    return _quantile(found, tail), _quantile(found, 1 - tail)


def _quantile(found: Numbers, share: float) -> Numbers:
    """Return a quantile of each row, linear between its order statistics; NaN where one is."""
    place, part = divmod(share * found.shape[-1] - share, 1)
    ordered = np.partition(found, [int(place), int(place) + 1, -1], axis=-1)  # NaN comes last
    below, above = ordered[:, int(place)], ordered[:, int(place) + 1]
    return np.where(np.isnan(ordered[:, -1]), np.nan, (1 - part) * below + part * above)


@dataclass(frozen=True)
class _Medians:
    """The medians of resamples of some cases.

    They are found among ranks, which are small integers that a processor compares by the dozen.
    """

    ordered: Numbers  # a row per case
    ranks: NDArray[np.unsignedinteger]  # of its values as they were

    @classmethod
    def of(cls, sample: Numbers) -> _Medians:
        places = sample.argsort(axis=-1, kind="stable")
        kind = np.min_scalar_type(sample.shape[-1])
        ranks = places.argsort(axis=-1, kind="stable").astype(kind)
        return cls(np.take_along_axis(sample, places, axis=-1), ranks)

    def __call__(self, chosen: NDArray[np.int64]) -> Numbers:
        """Return the median of each resample, a row of places in the sample, of each case."""
        columns = [self.ranks[:, places] for places in chosen.T]
        spare = np.empty_like(columns[0])
        for first, second in _comparators(len(columns)):
            lesser = np.minimum(columns[first], columns[second], out=spare)
            np.maximum(columns[first], columns[second], out=columns[second])
            columns[first], spare = lesser, columns[first]
        low, high = (
            np.take_along_axis(self.ordered, columns[place].astype(np.intp), axis=-1)
            for place in ((len(columns) - 1) // 2, len(columns) // 2)
        )
        return np.asarray((low + high) / 2)


@cache
def _comparators(size: int) -> tuple[tuple[int, int], ...]:
    """Return which places to put in order, one pair after the other, to sort that many."""
    return tuple(_merge_exchange(size))


def _merge_exchange(size: int) -> Iterator[tuple[int, int]]:
    """Give the comparators of Batcher's merge exchange (Knuth, TAOCP 3, algorithm 5.2.2M)."""
    top = 1 << max(0, (size - 1).bit_length() - 1)
    block = top if size > 1 else 0
    while block:
        other, offset, distance = top, 0, block
        while True:
            yield from (
                (place, place + distance)
                for place in range(size - distance)
                if place & block == offset
            )
            if other == block:
                break
            other, offset, distance = other >> 1, block, other - block
        block >>= 1
