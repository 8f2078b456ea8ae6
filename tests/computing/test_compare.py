"""Of many comparisons, as many claim a difference as may."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from results_made import Made, suite, write

from pkbench.analysis.compare.compare import Comparison, compare
from pkbench.analysis.reading.result import Result, read

CASE = "syscall/getppid"
PROCESSES = 20
EFFECT = 0.02  # of the process, relative: what differs from one to the next

# Runs without an effect of their own, as those that take turns.
taken_in_turns = partial(compare, run_effect=0.0)


def result(
    folder: Path, *cases: Made, evidence: str = "silicon", machine: dict[str, str] | None = None
) -> Result:
    folder.mkdir(parents=True, exist_ok=True)
    return read(write(folder / "result.json", suite(cases, evidence=evidence, machine=machine)))


def compared(folder: Path, base: Made, new: Made, evidence: str = "silicon") -> Comparison:
    return taken_in_turns(
        result(folder / "a", base, evidence=evidence), result(folder / "b", new, evidence=evidence)
    )


def noisy(cost: float, seed: int, case: str = CASE, processes: int = PROCESSES) -> Made:
    generator = np.random.default_rng(seed)
    effects = np.exp(generator.normal(0, EFFECT, processes))
    values = [list(cost * e * generator.normal(1, 0.01, 5)) for e in effects]
    return Made(case, values)


def test_the_interval_holds_the_true_ratio_about_as_often_as_it_says(tmp_path: Path) -> None:
    base = [noisy(1e-6, seed, f"a/b/n:{seed}", 6) for seed in range(400)]
    new = [noisy(1.5e-6, seed + 1000, f"a/b/n:{seed}", 9) for seed in range(400)]
    found = taken_in_turns(result(tmp_path / "a", *base), result(tmp_path / "b", *new)).cases
    held = ((found["low"] <= 1.5) & (1.5 <= found["high"])).mean()
    assert 0.935 <= held < 1


def test_identical_code_is_called_different_in_at_most_one_of_twenty_cases(tmp_path: Path) -> None:
    base = [noisy(1e-6, seed, f"a/b/n:{seed}") for seed in range(400)]
    new = [noisy(1e-6, seed + 1000, f"a/b/n:{seed}") for seed in range(400)]
    found = taken_in_turns(result(tmp_path / "a", *base), result(tmp_path / "b", *new))
    assert len(found.cases[found.cases["verdict"].isin(("faster", "slower"))]) <= 20


@pytest.mark.parametrize("processes", [5, 6, 9, 20])
def test_a_difference_is_called_where_the_interval_and_the_test_both_show_it(
    tmp_path: Path, processes: int
) -> None:
    base, new = (
        [noisy(cost, seed, f"a/b/n:{seed}", processes) for seed in range(50)]
        for cost in (1e-6, 1.02e-6)
    )
    for number, (one, other) in enumerate(zip(base, reversed(new), strict=True)):
        row = compared(tmp_path / str(number), one, replace(other, case=one.case)).cases.iloc[0]
        both = (row["low"] > 1 or row["high"] < 1) and row["p"] <= 0.05
        assert both == (row["verdict"] in ("faster", "slower"))
