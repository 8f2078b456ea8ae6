"""The stop rule and the analysis, which share no code, keep the same values."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from results_made import Made, suite, write

from pkbench import crowding, precision
from pkbench.analysis import beside, load, per_process, processes
from pkbench.crowding import best

CASE = "a/b"
CYCLE = 2.5e-10  # seconds


def test_what_both_call_crowded_contaminated_or_enough_is_the_same() -> None:
    assert (crowding.CROWDED, crowding.BEST) == (beside.CROWDED, beside.BEST)
    assert set(precision.CONTAMINANTS) == set(beside.CONTAMINANTS)
    ours = (precision.CLEAN_SHARE, precision.FEWEST_ALONE)
    assert ours == (per_process.CLEAN_SHARE, per_process.FEWEST_ALONE)
    cycles = (precision.CYCLES_RATIO, precision.CYCLES_TOLERANCE)
    assert cycles == (beside.MULTIPLY_CYCLES, beside.CHAINS_AGREE)


def drawn(seed: int) -> tuple[Made, list[dict[str, Any]]]:
    """Draw a case with some values spoilt by each of what may spoil one; and its runs."""
    random = np.random.default_rng(seed)
    shape = (int(random.integers(1, 8)), int(random.integers(1, 6)))
    values = random.uniform(1e-6, 2e-6, shape).tolist()
    share = random.uniform(0, 1)
    beside = {
        "nop_cycles": np.where(random.random(shape) < share, 0.3, 0.17).tolist(),
        "steal_seconds": np.where(random.random(shape) < share / 2, 0.01, 0.0).tolist(),
        "migrations": (random.random(shape) < share / 4).astype(int).tolist(),
    }
    made = Made(CASE, values, cycle=CYCLE, beside=beside)
    return made, suite([made])["benchmarks"][0]["runs"]


@pytest.mark.parametrize("seed", range(60))
def test_the_stop_rule_and_the_analysis_keep_the_same_values(seed: int, tmp_path: Path) -> None:
    made, runs = drawn(seed)
    best_nop_cycles = best(cycles for each in made.beside["nop_cycles"] for cycles in each)
    kept = precision.figures([precision.read(run) for run in runs], best_nop_cycles)
    table = processes(load([write(tmp_path / "result.json", suite([made]))]))
    medians = [float(np.median(values)) for values in kept]
    assert medians == pytest.approx(list(table["cycles"].dropna()))
    assert sum(map(len, kept)) == (table["values"] - table["left_out"]).sum()
