"""Ratios of two cases of one run, and of machines side by side."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from results_made import Made, suite, write

from pkbench.analysis import EvidenceError, Interval, read
from pkbench.analysis.compare.machines import Machines
from pkbench.analysis.compare.side_by_side import side_by_side
from pkbench.analysis.estimate.frame import records
from pkbench.analysis.estimate.ratio import of_sides
from pkbench.analysis.estimate.result_set import ResultSet, result_sets
from pkbench.analysis.estimate.sample import Net, Sample

LOOP = "instruction/empty-loop"


def drawn(case: str, seed: int, processes: int, floor: str | None = None) -> Made:
    values = np.random.default_rng(seed).normal(10 + seed, 0.1, (processes, 1))
    return Made(case, values.tolist(), floor=floor)


def result_set(
    folder: Path, *cases: Made, name: str = "box", evidence: str = "silicon"
) -> ResultSet:
    made = suite(cases, evidence=evidence, machine={"name": name})
    (found,) = result_sets([read(write(folder / f"{name}.json", made))])
    return found


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    """The samples of cases with 1 to 9 processes, the first of which is a floor."""
    cases = [drawn(LOOP, 0, 9), *(drawn(f"a/b/n:{size}", size, size) for size in (1, 5, 9, 9 + 1))]
    return list(result_set(tmp_path, *cases).samples.values())


def test_a_sample_of_one_process_gives_a_ratio_without_bounds(samples: list[Sample]) -> None:
    _, single, other, *_ = samples

    assert Interval(single.value / other.value, processes=1) == of_sides(single, other)


def test_a_ratio_turned_over_has_its_bounds_turned_over(samples: list[Sample]) -> None:
    *_, first, second = samples
    found, turned = of_sides(first, second), of_sides(second, first)

    assert found.low is not None
    assert found.high is not None
    assert (turned.low, turned.high) == pytest.approx((1 / found.high, 1 / found.low))


def test_a_ratio_is_less_certain_than_either_of_its_sides(samples: list[Sample]) -> None:
    def width(found: Interval) -> float:
        assert found.low is not None
        assert found.high is not None
        return (found.high - found.low) / found.value

    *_, first, second = samples
    sides = width(first.interval), width(second.interval)
    assert max(sides) < width(of_sides(first, second)) < sum(sides)


def test_a_net_cost_that_may_be_nothing_divides_nothing(samples: list[Sample]) -> None:
    floor, *_, other = samples
    nothing = Net(floor, floor)

    assert Interval(0.0, processes=9) == of_sides(nothing, other)
    assert of_sides(Net(other, floor), floor).low is not None


def test_counts_are_not_divided_by_times(samples: list[Sample], tmp_path: Path) -> None:
    counts = result_set(tmp_path, Made("a/b", [[5.0]]), evidence="path length").samples
    (count,) = counts.values()

    with pytest.raises(EvidenceError):
        of_sides(count, samples[0])


def test_side_by_side_leaves_out_what_a_machine_did_not_measure(tmp_path: Path) -> None:
    both, one = drawn("a/both", 1, 9), drawn("a/one", 2, 9)
    paths = [
        write(tmp_path / f"{name}.json", suite(cases, machine={"name": name}))
        for name, cases in (("base", [both, one]), ("new", [both]))
    ]
    (found,) = result_sets([read(path) for path in paths])
    first, second = records(side_by_side(Machines(found)))

    assert 1.0 == first["new ratio"]
    assert first["new low"] < 1 < first["new high"]
    assert all(pd.isna(second[f"new {what}"]) for what in ("gross", "ratio", "low", "high"))
