"""How the kernel is set up."""

from pathlib import Path

from pkbench.doctor.finding import Finding, rewrite
from pkbench.machine import Machine, read

CLOCKSOURCE = "sys/devices/system/clocksource/clocksource0"
THP = "sys/kernel/mm/transparent_hugepage/enabled"

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
        return Finding("clocksource", "unknown", f"/{CLOCKSOURCE} can't be read", effect)
    if found in USER_MODE_CLOCKS:
        return Finding("clocksource", "ok", found)
    offered = (read(root, f"{CLOCKSOURCE}/available_clocksource") or "").split()
    better = next((clock for clock in USER_MODE_CLOCKS if clock in offered), None)
    mend = rewrite({f"{CLOCKSOURCE}/current_clocksource": found}, better) if better else {}
    evidence = f"{found}, of {' '.join(offered) or 'an unknown choice'}"
    return Finding("clocksource", "warning", evidence, effect, **mend)


def thp(machine: Machine, _root: Path) -> Finding:
    """Tell whether memory may turn into huge pages unasked."""
    effect = (
        "memory that didn't ask gets huge pages, and they are cheap to protect: on a 2-CPU guest "
        "790 ns for 2 MiB as one huge page, 17 to 20 µs for 4 MiB of small ones"
    )
    if machine.thp is None:
        return Finding("thp", "unknown", f"/{THP} can't be read", effect)
    if machine.thp != "always":
        return Finding("thp", "ok", machine.thp)
    return Finding("thp", "warning", machine.thp, effect, **rewrite({THP: machine.thp}, "madvise"))


def mitigations(machine: Machine, root: Path) -> Finding:
    """Tell whether the kernel is as well protected as the machines it will be compared with."""
    effect = (
        "what an entry to the kernel costs depends on them: compare only machines that are alike "
        "in this (mitigations=off took 4 instructions off an mprotect, counted under emulation)"
    )
    found = machine.mitigations
    if not found:
        unread = "nothing readable in /sys/devices/system/cpu/vulnerabilities"
        return Finding("mitigations", "unknown", unread, effect)
    vulnerable = [name for name, text in found.items() if text.startswith("Vulnerable")]
    mitigated = [name for name, text in found.items() if text.startswith("Mitigation")]
    parts = [
        f"{what}: {', '.join(names)}"
        for what, names in (("vulnerable", vulnerable), ("mitigated", mitigated))
        if names
    ]
    off = [word for word in (read(root, "proc/cmdline") or "").split() if word == "mitigations=off"]
    evidence = "; ".join(parts + off) or f"not affected by any of {len(found)}"
    if vulnerable or off:
        return Finding("mitigations", "warning", evidence, effect)
    return Finding("mitigations", "ok", evidence)


def kpti(machine: Machine, _root: Path) -> Finding:
    """Tell whether each entry to the kernel changes page tables."""
    effect = (
        "every system call changes page tables twice, WRPKRU never: getppid took 354 instructions "
        "with it, 335 without (Linux 6.1, counted under emulation, which sees no TLB cost)"
    )
    found = machine.mitigations.get("meltdown")
    if found is None:
        unread = "/sys/devices/system/cpu/vulnerabilities/meltdown can't be read"
        return Finding("kpti", "unknown", unread, effect)
    if found.startswith("Mitigation: PTI"):
        return Finding("kpti", "warning", f"meltdown: {found}", effect)
    if found.startswith("Unknown"):
        return Finding("kpti", "unknown", f"meltdown: {found}", effect)
    return Finding("kpti", "ok", f"off (meltdown: {found})")
