"""Estimates of many cases, and how often their intervals hold the truth."""

import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from results_made import Made, suite, write

from pkbench.analysis import estimates, load

LOOP = "instruction/empty-loop"


@pytest.fixture(autouse=True)
def _no_warning_leaks() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def frame_of(folder: Path, *cases: Made, evidence: str = "silicon") -> pd.DataFrame:
    return load([write(folder / "result.json", suite(cases, evidence=evidence))])


def single(*values: float) -> list[list[float]]:
    """One value a process."""
    return [[value] for value in values]


def test_the_interval_covers_the_true_median_about_as_often_as_it_says(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    cases = [Made(f"a/b/n:{n}", single(*rng.normal(1, 0.02, 20))) for n in range(300)]
    table = estimates(frame_of(tmp_path, *cases))
    covered = ((table["low"] <= 1) & (table["high"] >= 1)).mean()
    assert 0.90 < covered < 0.98


def test_hundreds_of_cases_take_seconds(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    cases = [Made(LOOP, single(*rng.normal(1, 0.02, 20)))]
    cases += [
        Made(f"a/b/n:{n}", [list(rng.normal(5, 0.1, 5)) for _ in range(20)], floor=LOOP)
        for n in range(300)
    ]
    frame = frame_of(tmp_path, *cases)
    start = time.process_time()
    assert 301 == len(estimates(frame))
    assert time.process_time() - start < 10
