"""The quick bootstrap gives what SciPy's gives of the medians themselves."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from pkbench.analysis.estimate.resample import CONFIDENCE, RESAMPLES, SEED, _comparators, bounds
from pkbench.analysis.estimate.sample import Numbers


def difference(medians: Sequence[Numbers]) -> Numbers:
    return medians[0] - medians[-1]


def drawn(cases: int, processes: int, seed: int = 1) -> Numbers:
    """Draw samples of which some values are equal."""
    random = np.random.default_rng(seed)
    values: Numbers = np.exp(random.normal(0, 0.1, (cases, processes)))
    return values.round(2)


@pytest.mark.parametrize("sizes", [(2, 3), (9, 9), (20, 20), (60, 13)])
@pytest.mark.parametrize("paired", [False, True])
def test_it_gives_what_plain_resampling_gives(sizes: tuple[int, int], paired: bool) -> None:
    samples = [drawn(5, sizes[0]), drawn(5, sizes[0] if paired else sizes[1], seed=2)]
    expected = stats.bootstrap(
        samples,
        lambda *parts, axis: np.median(parts[0], axis=axis) - np.median(parts[1], axis=axis),
        n_resamples=RESAMPLES,
        vectorized=True,
        paired=paired,
        axis=-1,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    low, high = bounds(samples, difference, paired)
    assert np.array_equal(expected.low, low)
    assert np.array_equal(expected.high, high)


def test_an_interval_does_not_depend_on_its_company(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pkbench.analysis.estimate.resample.AT_ONCE", RESAMPLES * 100)
    samples = [drawn(30, 11), drawn(30, 12, seed=2)]
    low, high = bounds(samples, difference, paired=False)
    for case in range(30):
        alone = [sample[case : case + 1] for sample in samples]
        assert (low[case], high[case]) == tuple(
            float(bound[0]) for bound in bounds(alone, difference, False)
        )


def test_one_process_has_no_interval() -> None:
    low, high = bounds([drawn(3, 1)], lambda medians: medians[0], paired=False)
    assert np.isnan([low, high]).all()


@pytest.mark.parametrize("size", range(2, 13))
def test_the_comparators_sort_whatever_they_are_given(size: int) -> None:
    # What sorts all sequences of zeros and ones sorts all (Knuth, TAOCP 3, section 5.3.4).
    columns = np.array(list(itertools.product([0, 1], repeat=size))).T
    for low, high in _comparators(size):
        pair = columns[[low, high]]
        columns[low], columns[high] = pair.min(axis=0), pair.max(axis=0)
    assert (np.diff(columns, axis=0) >= 0).all()
