"""The stop rule and the analysis, which share no code, keep the same values."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from results_made import Made, suite, write

from pkbench.analysis import load, processes
from pkbench.analysis.estimate import per_process, readings
from pkbench.run import stop_rule
from pkbench.worker import smt_contention

CASE = "a/b"
CYCLE = 2.5e-10  # seconds


def test_both_have_the_same_limits_of_contention_disturbance_and_enough_values() -> None:
    assert (smt_contention.NOPS_CONTENDED, smt_contention.BRANCHES_CONTENDED) == (
        readings.NOPS_CONTENDED,
        readings.BRANCHES_CONTENDED,
    )
    assert smt_contention.CLUSTER_SHARE == readings.CLUSTER_SHARE
    assert (smt_contention.MULTIPLY_CYCLES, smt_contention.TOLERANCE) == (
        readings.MULTIPLY_CYCLES,
        readings.TOLERANCE,
    )
    assert smt_contention.LEAST_CONSISTENT == readings.LEAST_CONSISTENT
    assert set(stop_rule.DISTURBANCES) == set(readings.DISTURBANCES)
    ours = (stop_rule.CLEAN_SHARE, stop_rule.FEWEST_UNCONTENDED)
    assert ours == (per_process.CLEAN_SHARE, per_process.FEWEST_UNCONTENDED)


def drawn(seed: int) -> tuple[Made, list[dict[str, Any]]]:
    """Draw a case in which each noise source disturbs some values; and its runs."""
    random = np.random.default_rng(seed)
    shape = (int(random.integers(1, 8)), int(random.integers(1, 6)))
    values = random.uniform(1e-6, 2e-6, shape).tolist()
    share, slowed = random.uniform(0, 1), random.random(shape) < random.uniform(0, 1.1)
    add = np.where(slowed, 1.07 * CYCLE, CYCLE)
    nops = np.where(random.random(shape) < share, 0.3, 0.17) * CYCLE / add
    beside = {
        "nop_cycles": nops.tolist(),
        "branch_cycles": np.where(random.random(shape) < share / 2, 17.1, 16.2).tolist(),
        "add_seconds": add.tolist(),
        "multiply_seconds": (np.where(slowed, 3.38, 3.0) * CYCLE).tolist(),
        "steal_seconds": np.where(random.random(shape) < share / 2, 0.01, 0.0).tolist(),
        "migrations": (random.random(shape) < share / 4).astype(int).tolist(),
    }
    made = Made(CASE, values, beside=beside)
    return made, suite([made])["benchmarks"][0]["runs"]


@pytest.mark.parametrize("seed", range(60))
def test_the_stop_rule_and_the_analysis_keep_the_same_values(seed: int, tmp_path: Path) -> None:
    made, runs = drawn(seed)
    read = [stop_rule.read_run(run) for run in runs]
    kept = stop_rule.usable_values(read, stop_rule.core_of(read))
    table = processes(load([write(tmp_path / "result.json", suite([made]))]))
    medians = [float(np.median(values)) for values in kept]
    in_cycles = table["cycles"].notna().any()
    assert medians == pytest.approx(list(table["cycles" if in_cycles else "value"].dropna()))
    assert sum(map(len, kept)) == (table["values"] - table["left_out"]).sum()
