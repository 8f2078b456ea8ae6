"""The native table: what holds of every benchmark that is set up and torn down."""

import os
from pathlib import Path
from typing import Any

import pytest

from pkbench._native import ffi, lib
from pkbench.cases.catalogue import Case, benchmarks

# Smaller than a batch, and larger.
LOOPS = (1, 200)
REPEATS = 3


def small_cases() -> list[Case]:
    """Return each benchmark at one point: the first label, two pages, two threads."""
    return [
        Case(each, tuple(0 if axis.labels else 2 for axis in each.axes)) for each in benchmarks()
    ]


def use(case: Case) -> None:
    """Take a case from set-up to teardown."""
    opened = ffi.new("struct pk_case **")
    value = ffi.new("struct pk_value *")
    status = lib.pk_case_open(case.benchmark.native, case.native_point(), opened)
    assert status == 0, reason()
    try:
        assert lib.pk_case_verify(opened[0]) == 0, reason()
        for loops in LOOPS:
            assert lib.pk_case_measure(opened[0], loops, ffi.NULL, value) == 0, reason()
    finally:
        lib.pk_case_close(opened[0])


def reason() -> str:
    """Return why the last call did not return 0."""
    return str(ffi.string(lib.pk_reason()).decode())


def held() -> dict[str, Any]:
    """Return what this process holds that a case might leave behind."""
    process = Path("/proc/self")
    return {
        "threads": len(list((process / "task").iterdir())),
        "descriptors": len(list((process / "fd").iterdir())),
        "children": (process / "task" / str(os.getpid()) / "children").read_text(),
        "CPUs": os.sched_getaffinity(0),
    }


def mappings() -> int:
    """Return how many pieces this process's memory is in."""
    return len(Path("/proc/self/maps").read_text().splitlines())


@pytest.mark.parametrize("case", small_cases(), ids=lambda case: case.name)
def test_teardown_leaves_nothing_behind(case: Case) -> None:
    if why := case.skipped():
        pytest.skip(why)
    use(case)  # the first time, the C library keeps some memory for the next
    before, mapped = held(), mappings()
    for _ in range(REPEATS):
        use(case)

    assert before == held()
    # Python may have asked for memory of its own in between, but hardly each time.
    assert mappings() < mapped + REPEATS
