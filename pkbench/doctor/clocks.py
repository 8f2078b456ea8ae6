"""Checks of the clocks: the kernel's clock source and the TSC."""

import re
from pathlib import Path

from pkbench.doctor.finding import HOST_ONLY, Finding, rewrite, unread
from pkbench.machine import Machine, read

CLOCKSOURCE = "sys/devices/system/clocksource/clocksource0"

# Those that the vDSO reads in user mode (the kernel's VDSO_CLOCKMODE_*).
USER_MODE_CLOCKS = (
    "tsc",
    "kvm-clock",
    "hyperv_clocksource_tsc_page",
    "arch_sys_counter",
    "timebase",
)


def clocksource(machine: Machine, root: Path) -> Finding:
    """Check that the clock can be read without entering the kernel."""
    effect = (
        "each reading of the clock is a system call; on a 2-CPU guest two readings took 19 ns in "
        "user mode, and a single getppid took 78 ns"
    )
    found = machine.clocksource
    if found is None:
        return unread("clocksource", CLOCKSOURCE, effect)
    if found in USER_MODE_CLOCKS:
        return Finding("clocksource", "ok", found)
    offered = (read(root, f"{CLOCKSOURCE}/available_clocksource") or "").split()
    better = next((clock for clock in USER_MODE_CLOCKS if clock in offered), None)
    change = {
        "no_fix": "the kernel offers no clock that user mode can read; `dmesg` says why tsc is "
        "missing"
    }
    if better:
        change = rewrite({f"{CLOCKSOURCE}/current_clocksource": found}, better)
    evidence = f"{found}; available: {' '.join(offered) or 'not known'}"
    return Finding("clocksource", "warning", evidence, effect, **change)


def tsc(machine: Machine, root: Path) -> Finding:
    """Check that the TSC ticks at one rate in every state of a core."""
    effect = (
        "the clock `tsc` and the TSC ticks in a result need a constant rate; without constant_tsc "
        "the rate follows the core's frequency, and without nonstop_tsc it stops in deep sleep "
        "(Intel SDM vol. 3B, Invariant TSC)"
    )
    if machine.architecture != "x86_64":
        return Finding("tsc", "ok", f"{machine.architecture} has no TSC")
    found = re.search(r"^flags\s*:(.*)$", read(root, "proc/cpuinfo") or "", re.MULTILINE)
    if found is None:
        return unread("tsc", "proc/cpuinfo", effect)
    flags = set(found[1].split())
    missing = [flag for flag in ("constant_tsc", "nonstop_tsc") if flag not in flags]
    if not missing:
        return Finding("tsc", "ok", "constant_tsc, nonstop_tsc")
    no_fix = HOST_ONLY if machine.virtualisation else "this is a property of the CPU"
    evidence = f"/proc/cpuinfo lacks {' and '.join(missing)}"
    return Finding("tsc", "warning", evidence, effect, no_fix=no_fix)
