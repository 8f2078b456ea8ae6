"""Ratios of many pairs at once are those of each pair on its own."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from results_made import Made, suite, write

from pkbench.analysis import EvidenceError, Interval, read
from pkbench.analysis.compare.machines import Machines
from pkbench.analysis.compare.side_by_side import side_by_side
from pkbench.analysis.estimate.frame import records
from pkbench.analysis.estimate.ratio import Pair, Side, ratios
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


def test_the_ratio_of_a_pair_does_not_depend_on_other_pairs(samples: list[Sample]) -> None:
    floor, *others = samples
    sides: list[Side] = [*others, Net(others[2], floor), Net(others[1], floor)]
    pairs = [Pair(over, under, same) for over in sides for under in sides for same in (True, False)]

    assert [ratios([pair])[0] for pair in pairs] == ratios(pairs)


def test_a_sample_of_one_process_gives_a_ratio_without_bounds(samples: list[Sample]) -> None:
    _, single, other, *_ = samples

    assert [Interval(single.value / other.value, processes=1)] == ratios([Pair(single, other)])


def test_drift_cancels_only_where_both_were_measured_in_the_same_rounds_of_a_run(
    tmp_path: Path,
) -> None:
    drift = np.linspace(1, 2, 12)
    cases = [Made(f"a/b/n:{n}", [[n * each] for each in drift]) for n in (1, 3)]
    first, second = result_set(tmp_path, *cases).samples.values()
    paired, unpaired = ratios([Pair(second, first), Pair(second, first, same_run=False)])

    assert paired.low == pytest.approx(3)
    assert paired.high == pytest.approx(3)
    assert unpaired.low is not None
    assert unpaired.low < 2.9


def test_counts_are_not_divided_by_times(samples: list[Sample], tmp_path: Path) -> None:
    counts = result_set(tmp_path, Made("a/b", [[5.0]]), evidence="path length").samples
    (count,) = counts.values()

    with pytest.raises(EvidenceError):
        ratios([Pair(count, samples[0])])


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
