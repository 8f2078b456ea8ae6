"""What about this machine spoils a measurement, and the fix."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pkbench.doctor.clocks import clocksource, tsc
from pkbench.doctor.cores import governor, isolation, smt, turbo
from pkbench.doctor.counters import pmu, sample_rate
from pkbench.doctor.finding import Check, Finding, Status
from pkbench.doctor.groups import cpuset, quota
from pkbench.doctor.kernel import aslr, flush_ceiling, kpti, mitigations
from pkbench.doctor.keys import keys
from pkbench.doctor.memory import hugetlb, ksm, numa_balancing, swap, thp
from pkbench.doctor.neighbours import STEAL_SECONDS, core, load, steal, tracer, virtualisation
from pkbench.doctor.permits import io_uring, max_map_count, userfaultfd
from pkbench.doctor.script import script
from pkbench.machine import Machine
from pkbench.worker.core_clock import Chain, looks_for

__all__ = ["CHECKS", "Check", "Finding", "Status", "examine", "exit_status", "script"]

# In the order in which they are told. `steal` and `core` are apart: they alone take time.
CHECKS: tuple[Check, ...] = (
    keys,
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
    watch: Callable[[float], Sequence[Chain]] = looks_for,
) -> list[Finding]:
    """Make every check, changing nothing. `watch` looks at the core for so many seconds."""
    looks: list[Chain] = []
    found = [check(machine, root) for check in CHECKS]
    found.append(steal(machine, root, lambda seconds: looks.extend(watch(seconds))))
    # Where `steal` had nothing to wait for, nobody has looked yet.
    return [*found, core(looks or watch(STEAL_SECONDS))]


def exit_status(findings: Iterable[Finding]) -> int:
    """Return 0 where all is well, 2 where there is a problem, else 1: not known isn't well."""
    found = {finding.status for finding in findings}
    return 2 if "problem" in found else 1 if found - {"ok"} else 0
