"""What the kernel counts for each CPU is told beside values, or why it can't be: never a zero."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pkbench.worker.kernel_counters import TICKS_PER_SECOND, KernelCounters

QUANTITIES = {"steal_seconds", "tlb_shootdowns", "function_call_interrupts"}
ENOUGH_SECONDS = 60.0


def stat(*steal: int) -> str:
    """Return /proc/stat with so many ticks stolen of each CPU."""
    lines = [f"cpu{cpu} 9 9 9 9 9 9 9 {ticks} 0 0\n" for cpu, ticks in enumerate(steal)]
    return f"cpu  9 9 9 9 9 9 9 {sum(steal)} 0 0\n{''.join(lines)}intr 5 0 5\n"


def interrupts(shootdowns: str, calls: str) -> str:
    """Return /proc/interrupts of two CPUs."""
    return (
        "           CPU0       CPU1\n"
        "  8:          0          7  IO-APIC   8-edge      rtc0\n"
        f"CAL: {calls}   Function call interrupts\n"
        f" TLB: {shootdowns}   TLB shootdowns\n"
        "ERR:          0\n"
    )


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "stat").write_text(stat(*[100] * 12))
    (tmp_path / "interrupts").write_text(interrupts("10 20", "3 4"))
    return tmp_path


@pytest.fixture
def opened(proc: Path) -> Iterator[KernelCounters]:
    counters = KernelCounters(proc, ENOUGH_SECONDS)
    yield counters
    counters.close()


def test_steal_is_that_of_the_values_own_cpu(proc: Path, opened: KernelCounters) -> None:
    before = opened.read()
    (proc / "stat").write_text(stat(100, 103, *[100] * 9, 900))
    after = opened.read()
    assert 3 / TICKS_PER_SECOND == dict(opened.between(before, after, 1))["steal_seconds"]
    assert 0 == dict(opened.between(before, after, 0))["steal_seconds"]


def test_interrupts_are_summed_over_cpus(proc: Path, opened: KernelCounters) -> None:
    before = opened.read()
    (proc / "interrupts").write_text(interrupts("11 22", "3 9"))
    found = dict(opened.between(before, opened.read(), 0))
    assert (3, 5) == (found["tlb_shootdowns"], found["function_call_interrupts"])


def test_a_cpu_that_is_offline_has_no_steal_rather_than_that_of_another(
    proc: Path, opened: KernelCounters
) -> None:
    (proc / "stat").write_text(stat(*[100] * 12).replace("cpu1 ", "gone "))
    reading = opened.read()
    assert "steal_seconds" not in dict(opened.between(reading, reading, 1))
    assert "steal_seconds" in dict(opened.between(reading, reading, 11))


def test_a_file_that_is_not_there_is_a_reason(proc: Path) -> None:
    (proc / "stat").unlink()
    counters = KernelCounters(proc, ENOUGH_SECONDS)
    assert {"steal_seconds": "/proc/stat: No such file or directory"} == counters.missing
    reading = counters.read()
    assert QUANTITIES - {"steal_seconds"} == dict(counters.between(reading, reading, 0)).keys()
    counters.close()


def test_a_line_that_is_not_there_is_a_reason(proc: Path) -> None:
    (proc / "interrupts").write_text("           CPU0\n  1:   5   serial\n")
    counters = KernelCounters(proc, ENOUGH_SECONDS)
    assert {
        "tlb_shootdowns": "/proc/interrupts has no line TLB",
        "function_call_interrupts": "/proc/interrupts has no line CAL",
    } == counters.missing
    counters.close()


def test_what_takes_too_long_to_read_is_not_read(proc: Path) -> None:
    counters = KernelCounters(proc, longest=0.0)
    assert QUANTITIES == counters.missing.keys()
    assert all("takes" in reason for reason in counters.missing.values())
    assert {} == dict(counters.between(counters.read(), counters.read(), 0))


def test_a_file_longer_than_the_kernel_gives_at_once_is_read_whole(
    proc: Path, opened: KernelCounters, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = opened.read()
    real = os.pread
    monkeypatch.setattr(os, "pread", lambda file, _, place: real(file, 7, place))
    assert whole == opened.read()


def test_files_are_opened_once(
    proc: Path, opened: KernelCounters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("it was opened again"))
    assert opened.read().interrupts


def test_this_machine_tells_each_quantity_or_why_not() -> None:
    counters = KernelCounters()
    reading = counters.read()
    told = dict(counters.between(reading, reading, min(os.sched_getaffinity(0)))).keys()
    assert QUANTITIES == told | counters.missing.keys()
    assert not told & counters.missing.keys()
    counters.close()
