"""How the kernel is set up."""

from pathlib import Path

from pkbench.doctor.finding import HOST_ONLY, NOT_KNOWN, Finding, rewrite, unread
from pkbench.machine import CPU, Machine, read, read_number

ASLR = "proc/sys/kernel/randomize_va_space"
FLUSH_CEILING = "sys/kernel/debug/x86/tlb_single_page_flush_ceiling"
DEFAULT_CEILING = 33  # arch/x86/mm/tlb.c, pages


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


def flush_ceiling(machine: Machine, root: Path) -> Finding:
    """Tell up to how many pages the TLB is flushed page by page."""
    check = "flush_ceiling"
    effect = (
        "beyond so many pages Linux flushes the whole TLB, and a change of protection gets cheaper "
        "by it: on a 2-CPU guest 5,173 ns for 33 pages, 1,167 ns for 34; with another ceiling than "
        "the default the step is elsewhere, and figures about it can't be compared"
    )
    if machine.architecture != "x86_64":
        return Finding(check, "ok", f"{machine.architecture} has no such setting")
    found = read_number(root, FLUSH_CEILING)
    if found is None:
        no_fix = (
            "only root may look, after `mount -t debugfs none /sys/kernel/debug`, and nobody under "
            "lockdown; protect/mprotect-rw-ro at pages=33,34 shows the step"
        )
        unseen = f"/{FLUSH_CEILING} can't be read"
        return Finding(check, "unknown", unseen, effect, no_fix=no_fix)
    evidence = f"{found} pages"
    if found == DEFAULT_CEILING:
        return Finding(check, "ok", evidence)
    mend = rewrite({FLUSH_CEILING: str(found)}, str(DEFAULT_CEILING))
    return Finding(check, "warning", f"{evidence}, not {DEFAULT_CEILING}", effect, **mend)


def aslr(_machine: Machine, root: Path) -> Finding:
    """Tell whether each process has a layout of its own."""
    effect = (
        "all processes share one layout of memory: its luck never averages out, and the interval "
        "over processes doesn't show it (pyperf's documentation asks to leave ASLR on)"
    )
    found = read(root, ASLR)
    if found is None:
        return unread("aslr", ASLR, effect)
    evidence = f"randomize_va_space is {found}"
    if found == "2":
        return Finding("aslr", "ok", evidence)
    return Finding("aslr", "warning", evidence, effect, **rewrite({ASLR: found}, "2"))
