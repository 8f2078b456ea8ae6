"""Profiles of a case that are made in the test's own process."""

import os
from pathlib import Path

import pytest

from pkbench.cases.catalogue import parse_case
from pkbench.profiler import counting, profiling, timeline
from pkbench.profiler.counting import Known
from pkbench.profiler.profiling import Profiled

CASE = "protect/mprotect-rw-ro/pages:1"
SECONDS = 0.2


@pytest.fixture(scope="module")
def known() -> Known:
    return counting.known(timeline.EVENTS)


def profiled(known: Known, case: str = CASE) -> Profiled:
    return profiling.profile(parse_case(case), known, SECONDS)


def per_operation(found: Profiled) -> dict[str, float]:
    return {
        each.quantity: each.per_operation
        for each in found.quantities
        if each.per_operation is not None
    }


@pytest.fixture
def perf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder whose perf is taken for the real one."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path
