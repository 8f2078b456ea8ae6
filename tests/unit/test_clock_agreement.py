"""Calibrated core cycles are checked against the CPU's own counter where there is one."""

from pathlib import Path
from typing import Any

import pytest
from results_made import Made, suite, write

from pkbench.analysis import load
from pkbench.analysis.estimate import clock_agreement
from pkbench.analysis.estimate.frame import tidy
from pkbench.analysis.estimate.machine_names import named
from pkbench.analysis.estimate.result_set import ResultSet
from pkbench.analysis.reading.result import read
from pkbench.analysis.report.method import paragraphs

CASE = "syscall/getppid"
SECONDS, CYCLE = 1e-6, 2.5e-10
CYCLES = SECONDS / CYCLE


def counted(
    path: Path, *core_cycles: float, scope: str = "user mode and kernel", **beside: Any
) -> Path:
    """Write a result of one process whose counter came to so many cycles in each value."""
    values = [SECONDS] * len(core_cycles)
    made = Made(CASE, [values], beside={"core_cycles": [core_cycles], **beside}, cycle=CYCLE)
    whole = suite([made])
    whole["metadata"]["pkbench_counter_scope"] = scope
    return write(path / "result.json", whole)


def said(path: Path) -> str:
    """Return what the method says of core cycles."""
    results = named([read(path)])
    result_set = ResultSet("silicon", tuple(results), tidy([result for _, result in results]))
    (text,) = [text for about, text in paragraphs(result_set) if about.startswith("Core cycles")]
    return text


def test_the_middle_of_all_values_is_what_counts(tmp_path: Path) -> None:
    path = counted(tmp_path, CYCLES, CYCLES * 1.01, CYCLES * 9)
    checked = clock_agreement.check(load([path]))
    assert checked is not None
    assert 3 == checked.values
    assert pytest.approx(1.01) == checked.ratio
    assert checked.agrees
    assert "1.010 times as many" in said(path)
    assert said(path).endswith("it confirms them.")


def test_a_counter_that_disagrees_is_reported(tmp_path: Path) -> None:
    path = counted(tmp_path, CYCLES * 1.2, CYCLES * 1.2)
    assert "does not confirm them" in said(path)


def test_without_a_counter_nothing_is_confirmed(tmp_path: Path) -> None:
    path = write(tmp_path / "result.json", suite([Made(CASE, [[SECONDS]], cycle=CYCLE)]))
    assert clock_agreement.check(load([path])) is None
    assert said(path).endswith("No hardware cycle counter was available to confirm them.")


def test_user_mode_alone_is_no_check(tmp_path: Path) -> None:
    assert clock_agreement.check(load([counted(tmp_path, CYCLES, scope="user mode")])) is None


def test_values_that_shared_the_core_are_no_check(tmp_path: Path) -> None:
    path = counted(tmp_path, CYCLES, CYCLES * 2, uncontended_share=[[1.0, 0.5]])
    checked = clock_agreement.check(load([path]))
    assert checked is not None
    assert 1 == checked.values
    assert pytest.approx(1.0) == checked.ratio
