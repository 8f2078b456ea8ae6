"""How the kernel is set up."""

from pathlib import Path

from pkbench.doctor.finding import HOST_ONLY, NOT_KNOWN, Finding, rewrite, unread
from pkbench.machine import CPU, Machine, read

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


def thp(machine: Machine, _root: Path) -> Finding:
    """Tell whether memory may turn into huge pages unasked."""
    effect = (
        "memory that didn't ask gets huge pages, and they are cheap to protect: on a 2-CPU guest "
        "790 ns for 2 MiB as one huge page, 17 to 20 µs for 4 MiB of small ones"
    )
    if machine.thp is None:
        return unread("thp", THP, effect)
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
        nothing = "nothing readable in /sys/devices/system/cpu/vulnerabilities"
        return Finding("mitigations", "unknown", nothing, effect, no_fix=NOT_KNOWN)
    vulnerable = [name for name, text in found.items() if text.startswith("Vulnerable")]
    mitigated = [name for name, text in found.items() if text.startswith("Mitigation")]
    parts = [
        f"{what}: {', '.join(names)}"
        for what, names in (("vulnerable", vulnerable), ("mitigated", mitigated))
        if names
    ]
    off = [word for word in (read(root, "proc/cmdline") or "").split() if word == "mitigations=off"]
    evidence = "; ".join(parts + off) or f"not affected by any of {len(found)}"
    no_fix = (
        "at boot: mitigations=auto; newer microcode or a newer kernel for what stays vulnerable"
    )
    if vulnerable or off:
        return Finding("mitigations", "warning", evidence, effect, no_fix=no_fix)
    return Finding("mitigations", "ok", evidence)


def kpti(machine: Machine, _root: Path) -> Finding:
    """Tell whether each entry to the kernel changes page tables."""
    effect = (
        "every system call changes page tables twice, WRPKRU never: getppid took 354 instructions "
        "with it, 335 without (Linux 6.1, counted under emulation, which sees no TLB cost)"
    )
    found = machine.mitigations.get("meltdown")
    if found is None:
        return unread("kpti", f"{CPU}/vulnerabilities/meltdown", effect)
    if found.startswith("Mitigation: PTI"):
        no_fix = "at boot: pti=off, which gives the protection up; else compare with machines alike"
        return Finding("kpti", "warning", f"meltdown: {found}", effect, no_fix=no_fix)
    if found.startswith("Unknown"):
        return Finding("kpti", "unknown", f"meltdown: {found}", effect, no_fix=HOST_ONLY)
    return Finding("kpti", "ok", f"off (meltdown: {found})")
