"""The percentile bootstrap over processes: intervals of figures made of medians, many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .sample import Numbers

SEED = 20161002  # any fixed number: the same values must give the same interval
RESAMPLES = 1999
CONFIDENCE = 0.95
AT_ONCE = 4_000_000  # resampled values held at once: what fits into the caches of a core

# Makes one figure from the medians of its samples, elementwise.
Combine = Callable[[Sequence[Numbers]], Numbers]


class Sampled(NamedTuple):
    """The samples that one figure is made of, each an array of one value per process."""

    samples: tuple[Numbers, ...]
    paired: bool = False  # whether all were taken in the same rounds, and are resampled together


def bounds_of_each(figures: Sequence[Sampled | None], combine: Combine) -> tuple[Numbers, Numbers]:
    """Return the bounds of the 95 % interval of each figure: two arrays, one entry per figure.

    Every figure has as many samples as `combine` takes medians. A bound is NaN where the figure is
    None or one of its samples has fewer than two processes. Figures with samples of equal sizes
    are resampled at once, which changes nothing but the time.
    """
    lows, highs = np.full(len(figures), np.nan), np.full(len(figures), np.nan)
    alike: dict[tuple[bool, tuple[int, ...]], list[int]] = {}
    for place, figure in enumerate(figures):
        if figure is not None:
            sizes = tuple(sample.size for sample in figure.samples)
            alike.setdefault((figure.paired, sizes), []).append(place)
    for (paired, _), places in alike.items():
        rows = [figure.samples for place in places if (figure := figures[place]) is not None]
        stacked = [np.stack(samples) for samples in zip(*rows, strict=True)]
        lows[places], highs[places] = bounds(stacked, combine, paired)
    return lows, highs


def bounds(samples: Sequence[Numbers], combine: Combine, paired: bool) -> tuple[Numbers, Numbers]:
    """Return the bounds of the 95 % interval of a figure for several cases at once.

    A sample has a row per case and a column per process; the bounds have an entry per case, NaN
    where a sample has fewer than two processes. `combine` makes the figure from the medians of the
    samples. Paired samples are resampled together: they have equally many processes, in the same
    order. All cases see the same resamples, so the interval of one does not depend on the others.

    The percentile method with a fixed seed, as `scipy.stats.bootstrap` draws its resamples (Efron
    and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
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
    # Not SciPy's own bootstrap: importing it takes longer than this whole computation.
    # Percentile, not BCa: the acceleration of a median, a jackknife estimate, is unreliable
    # (Efron and Tibshirani, section 11.6), and BCa is undefined when all values are equal.
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
    """Return a quantile of each row, interpolated linearly; NaN where the row holds a NaN."""
    place, part = divmod(share * found.shape[-1] - share, 1)
    ordered = np.partition(found, [int(place), int(place) + 1, -1], axis=-1)  # NaN comes last
    below, above = ordered[:, int(place)], ordered[:, int(place) + 1]
    return np.where(np.isnan(ordered[:, -1]), np.nan, (1 - part) * below + part * above)


@dataclass(frozen=True)
class _Medians:
    """The medians of resamples of several cases.

    Resamples are sorted by rank: ranks are small integers, which a CPU compares many at a time.
    """

    ordered: Numbers  # each case's values, sorted: a row per case
    ranks: NDArray[np.unsignedinteger]  # of each value, in the original order

    @classmethod
    def of(cls, sample: Numbers) -> _Medians:
        places = sample.argsort(axis=-1, kind="stable")
        kind = np.min_scalar_type(sample.shape[-1])
        ranks = places.argsort(axis=-1, kind="stable").astype(kind)
        return cls(np.take_along_axis(sample, places, axis=-1), ranks)

    def __call__(self, chosen: NDArray[np.int64]) -> Numbers:
        """Return the median of each resample (columns) of each case (rows).

        `chosen` has a row per resample: the places in the sample that it is drawn from.
        """
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
    """Return the pairs of places to compare and swap, in order, that sort `size` values."""
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
