"""What time is read from."""

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
    """Tell whether the clock is read without entering the kernel."""
    effect = (
        "reading the clock becomes a system call: on a 2-CPU guest two reads took 19 ns in user "
        "mode, and a single getppid 78 ns"
    )
    found = machine.clocksource
    if found is None:
        return unread("clocksource", CLOCKSOURCE, effect)
    if found in USER_MODE_CLOCKS:
        return Finding("clocksource", "ok", found)
    offered = (read(root, f"{CLOCKSOURCE}/available_clocksource") or "").split()
    better = next((clock for clock in USER_MODE_CLOCKS if clock in offered), None)
    mend = {"no_fix": "the kernel offers none that is read in user mode; `dmesg` says why not tsc"}
    if better:
        mend = rewrite({f"{CLOCKSOURCE}/current_clocksource": found}, better)
    evidence = f"{found}, of {' '.join(offered) or 'an unknown choice'}"
    return Finding("clocksource", "warning", evidence, effect, **mend)


def tsc(machine: Machine, root: Path) -> Finding:
    """Tell whether the TSC ticks at one rate, in every state of a core."""
    effect = (
        "TSC ticks stand beside each time, and tsc is the clock that user mode reads: without "
        "constant_tsc a tick's length follows the core's frequency, without nonstop_tsc it stands "
        "still while a core sleeps deeply (Intel SDM vol. 3B, Invariant TSC)"
    )
    if machine.architecture != "x86_64":
        return Finding("tsc", "ok", f"{machine.architecture} has none")
    found = re.search(r"^flags\s*:(.*)$", read(root, "proc/cpuinfo") or "", re.MULTILINE)
    if found is None:
        return unread("tsc", "proc/cpuinfo", effect)
    flags = set(found[1].split())
    missing = [flag for flag in ("constant_tsc", "nonstop_tsc") if flag not in flags]
    if not missing:
        return Finding("tsc", "ok", "constant_tsc, nonstop_tsc")
    no_fix = HOST_ONLY if machine.virtualisation else "the CPU's TSC is as it is"
    evidence = f"/proc/cpuinfo lacks {' and '.join(missing)}"
    return Finding("tsc", "warning", evidence, effect, no_fix=no_fix)
