"""What a median hides is reported in words, and nothing where it hides nothing."""

import numpy as np
import pytest
from scipy import stats

from pkbench.analysis.estimate.distribution import ENOUGH, chance, shape

ROUNDS = tuple(range(30))


def normal(seed: int, number: int = 30, spread: float = 0.01) -> np.ndarray:
    return np.random.default_rng(seed).normal(1, spread, number)


def test_processes_without_a_shape_are_passed_over() -> None:
    told = [shape(normal(seed), ROUNDS) for seed in range(200)]
    assert told.count("") >= 196


def test_a_mode_of_a_fifth_of_the_processes_is_reported_with_how_much_more_it_costs() -> None:
    values = normal(1)
    values[::5] *= 1.2
    assert "two modes: 20% of the processes cost 1.20 times as much" == shape(values, ROUNDS)


def test_one_process_far_away_is_no_mode() -> None:
    values = normal(1)
    values[3] *= 2
    assert "" == shape(values, ROUNDS)


@pytest.mark.parametrize(
    ("end", "told"), [(1.06, "drifts up by 3.9%"), (0.94, "drifts down by 4.9%")]
)
def test_a_drift_over_the_run_is_reported_with_its_direction(end: float, told: str) -> None:
    assert shape(normal(1) * np.linspace(1, end, 30), ROUNDS).startswith(told)


@pytest.mark.parametrize("size", [4, 5, 10, 11, 17, 60])
def test_the_chance_of_a_correlation_is_what_scipy_gives(size: int) -> None:
    rounds = np.arange(size)
    for steepness in (0, 0.01, 0.1, 1, 10):
        values = (rounds * steepness + normal(size, size, 1)).round(1)  # some are equal
        expected = stats.spearmanr(rounds, values).pvalue
        assert expected == pytest.approx(chance(rounds, values), abs=1e-12)


def test_a_drift_is_one_over_the_rounds_not_over_the_list() -> None:
    values = normal(1) * np.linspace(1, 1.06, 30)
    order = np.random.default_rng(2).permutation(30)
    assert "drifts up" in shape(values[order], tuple(int(place) for place in order))
    assert "" == shape(values[order], ROUNDS)
    assert "" == shape(values, None)


def test_neighbours_that_are_alike_are_told() -> None:
    random = np.random.default_rng(1)
    values = np.repeat(random.normal(1, 0.02, 12), 4) + random.normal(0, 0.001, 48)
    told = shape(values, tuple(range(48)))
    assert told.startswith("neighbouring rounds are alike (correlation 0.")
    assert "alike" not in shape(random.permutation(values), tuple(range(48)))
    assert "alike" not in shape(1 + (values - 1) / 10, tuple(range(48)))
    assert "alike" not in shape(values, None)


def test_a_drift_too_small_to_matter_is_passed_over() -> None:
    assert "" == shape(1 + np.arange(30, dtype=np.float64) * 1e-4, ROUNDS)


def test_values_that_are_all_equal_have_no_shape() -> None:
    assert "" == shape(np.ones(30), ROUNDS)


def test_few_processes_have_no_shape() -> None:
    values = np.array([1.0] * (ENOUGH // 2) + [2.0] * (ENOUGH - 1 - ENOUGH // 2))
    assert "" == shape(values, tuple(range(values.size)))
    assert "two modes" in shape(np.append(values, 2.001), None)
