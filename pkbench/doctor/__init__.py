"""What about this machine spoils a measurement, and the fix."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from pkbench.chains import chain
from pkbench.doctor.clocks import clocksource, tsc
from pkbench.doctor.cores import governor, isolation, smt, turbo
from pkbench.doctor.counters import pmu, sample_rate
from pkbench.doctor.finding import Check, Finding, Status
from pkbench.doctor.groups import cpuset, quota
from pkbench.doctor.kernel import aslr, flush_ceiling, kpti, mitigations
from pkbench.doctor.keys import keys
from pkbench.doctor.memory import hugetlb, ksm, numa_balancing, swap, thp
from pkbench.doctor.neighbours import core, load, steal, tracer, virtualisation
from pkbench.doctor.permits import io_uring, max_map_count, userfaultfd
from pkbench.doctor.script import script
from pkbench.machine import Machine

__all__ = ["CHECKS", "Check", "Finding", "Status", "examine", "exit_status", "script"]

# Between two looks at the core, so that they see it at many moments.
PAUSE = 0.002
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
    machine: Machine, root: Path = Path("/"), sleep: Callable[[float], object] = time.sleep
) -> list[Finding]:
    """Make every check, changing nothing."""
    readings: list[float] = []

    def look(seconds: float) -> None:
        """Spend the time that `steal` waits with looks at the core."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            readings.append(chain().nop_cycles)
            sleep(PAUSE)

    found = [check(machine, root) for check in CHECKS]
    return [*found, steal(machine, root, look), core(readings)]


def exit_status(findings: Iterable[Finding]) -> int:
    """Return 0 where all is well, 2 where there is a problem, else 1: not known isn't well."""
    found = {finding.status for finding in findings}
    return 2 if "problem" in found else 1 if found - {"ok"} else 0
