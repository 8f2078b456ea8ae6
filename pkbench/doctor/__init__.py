"""Finds noise sources on this machine: its settings and load go in, findings and fixes come out."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pkbench.doctor.cgroups import cpuset, quota
from pkbench.doctor.clocks import clocksource, tsc
from pkbench.doctor.cores import governor, isolation, smt, turbo
from pkbench.doctor.counters import pmu, sample_rate
from pkbench.doctor.finding import Check, Finding, Status
from pkbench.doctor.interference import (
    STEAL_SECONDS,
    core,
    load,
    steal,
    tracer,
    virtualisation,
)
from pkbench.doctor.kernel import aslr, flush_ceiling, kpti, mitigations
from pkbench.doctor.keys import keys, pkru_switch
from pkbench.doctor.memory import hugetlb, ksm, numa_balancing, swap, thp
from pkbench.doctor.permissions import io_uring, max_map_count, userfaultfd
from pkbench.doctor.script import script
from pkbench.machine import Machine
from pkbench.worker.core_clock import CoreClock, calibrate_clock_for

__all__ = ["CHECKS", "Check", "Finding", "Status", "examine", "exit_status", "script"]

# In the order in which they are reported. `steal` and `core` are separate: they watch for a while.
CHECKS: tuple[Check, ...] = (
    keys,
    pkru_switch,
    virtualisation,
    pmu,
    sample_rate,
    clocksource,
    tsc,
    governor,
    turbo,
    smt,
    isolation,
    quota,
    cpuset,
    load,
    tracer,
    thp,
    numa_balancing,
    ksm,
    swap,
    aslr,
    mitigations,
    kpti,
    flush_ceiling,
    max_map_count,
    userfaultfd,
    io_uring,
    hugetlb,
)


def examine(
    machine: Machine,
    root: Path = Path("/"),
    watch: Callable[[float], Sequence[CoreClock]] = calibrate_clock_for,
) -> list[Finding]:
    """Run every check and return its finding; change nothing.

    `root` is where /proc and /sys are. `watch` takes core-clock readings for that many seconds.
    """
    readings: list[CoreClock] = []
    found = [check(machine, root) for check in CHECKS]
    found.append(steal(machine, root, lambda seconds: readings.extend(watch(seconds))))
    # `steal` doesn't wait where /proc/stat lacks the column, so there may be no readings yet.
    return [*found, core(readings or watch(STEAL_SECONDS))]


def exit_status(findings: Iterable[Finding]) -> int:
    """Return 0 if all findings are ok, 2 if one is a problem, else 1 (also for `unknown`)."""
    found = {finding.status for finding in findings}
    return 2 if "problem" in found else 1 if found - {"ok"} else 0
