"""What about this machine spoils a measurement, and the fix."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from pkbench.doctor.cores import governor, smt, turbo
from pkbench.doctor.counters import pmu
from pkbench.doctor.finding import Check, Finding, Status
from pkbench.doctor.kernel import clocksource, kpti, mitigations, thp
from pkbench.doctor.keys import keys
from pkbench.doctor.neighbours import load, steal, virtualisation
from pkbench.machine import Machine

__all__ = ["CHECKS", "Check", "Finding", "Status", "examine", "exit_status"]

# In the order in which they are told. `steal` is apart: it alone takes time.
CHECKS: tuple[Check, ...] = (
    keys,
    virtualisation,
    pmu,
    clocksource,
    governor,
    turbo,
    smt,
    load,
    thp,
    mitigations,
    kpti,
)


def examine(
    machine: Machine, root: Path = Path("/"), sleep: Callable[[float], object] = time.sleep
) -> list[Finding]:
    """Make every check, changing nothing."""
    return [*(check(machine, root) for check in CHECKS), steal(machine, root, sleep)]


def exit_status(findings: Iterable[Finding]) -> int:
    """Return 0 where all is well, 2 where there is a problem, else 1: not known isn't well."""
    found = {finding.status for finding in findings}
    return 2 if "problem" in found else 1 if found - {"ok"} else 0
