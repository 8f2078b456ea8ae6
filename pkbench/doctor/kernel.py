"""Checks of the kernel: mitigations, page-table isolation, TLB flush ceiling, ASLR."""

from pathlib import Path

from pkbench.doctor.finding import HOST_ONLY, NOT_KNOWN, Finding, rewrite, unread
from pkbench.machine import CPU, Machine, read, read_number

ASLR = "proc/sys/kernel/randomize_va_space"
FLUSH_CEILING = "sys/kernel/debug/x86/tlb_single_page_flush_ceiling"
DEFAULT_CEILING = 33  # arch/x86/mm/tlb.c, pages


def mitigations(machine: Machine, root: Path) -> Finding:
    """Check that the mitigations are the default ones, as on machines to compare with."""
    effect = (
        "the cost of entering the kernel depends on the mitigations; compare only machines with "
        "the same ones (mitigations=off saved 4 instructions of an mprotect, counted under "
        "emulation)"
    )
    found = machine.mitigations
    if not found:
        nothing = "can't read /sys/devices/system/cpu/vulnerabilities"
        return Finding("mitigations", "unknown", nothing, effect, no_fix=NOT_KNOWN)
    vulnerable = [name for name, text in found.items() if text.startswith("Vulnerable")]
    mitigated = [name for name, text in found.items() if text.startswith("Mitigation")]
    parts = [
        f"{what}: {', '.join(names)}"
        for what, names in (("vulnerable", vulnerable), ("mitigated", mitigated))
        if names
    ]
    off = [word for word in (read(root, "proc/cmdline") or "").split() if word == "mitigations=off"]
    evidence = (
        "; ".join(parts + off) or f"not affected by any of {len(found)} known vulnerabilities"
    )
    no_fix = (
        "at boot, use mitigations=auto; what stays vulnerable needs newer microcode or a newer "
        "kernel"
    )
    if vulnerable or off:
        return Finding("mitigations", "warning", evidence, effect, no_fix=no_fix)
    return Finding("mitigations", "ok", evidence)


def kpti(machine: Machine, _root: Path) -> Finding:
    """Check that entering the kernel doesn't switch page tables."""
    effect = (
        "every system call switches page tables twice, WRPKRU never; getppid took 354 instructions "
        "with page-table isolation and 335 without (Linux 6.1, counted under emulation, which "
        "shows no TLB cost)"
    )
    found = machine.mitigations.get("meltdown")
    if found is None:
        return unread("kpti", f"{CPU}/vulnerabilities/meltdown", effect)
    if found.startswith("Mitigation: PTI"):
        no_fix = (
            "at boot, pti=off turns it off, and the protection against Meltdown with it; otherwise "
            "compare only with machines that have it"
        )
        return Finding("kpti", "warning", f"meltdown: {found}", effect, no_fix=no_fix)
    if found.startswith("Unknown"):
        return Finding("kpti", "unknown", f"meltdown: {found}", effect, no_fix=HOST_ONLY)
    return Finding("kpti", "ok", f"off (meltdown: {found})")


def flush_ceiling(machine: Machine, root: Path) -> Finding:
    """Check that the TLB is flushed page by page up to the default number of pages."""
    check = "flush_ceiling"
    effect = (
        "above this many pages Linux flushes the whole TLB, which makes the change of protection "
        "faster (on a 2-CPU guest 5,173 ns for 33 pages, 1,167 ns for 34); with another ceiling "
        "the step is elsewhere, and figures near it can't be compared"
    )
    if machine.architecture != "x86_64":
        return Finding(check, "ok", f"{machine.architecture} has no such setting")
    found = read_number(root, FLUSH_CEILING)
    if found is None:
        no_fix = (
            "root can read it after `mount -t debugfs none /sys/kernel/debug`, unless the kernel "
            "is locked down; protect/mprotect-rw-ro at pages=33,34 shows the step without it"
        )
        unseen = f"can't read /{FLUSH_CEILING}"
        return Finding(check, "unknown", unseen, effect, no_fix=no_fix)
    evidence = f"{found} pages"
    if found == DEFAULT_CEILING:
        return Finding(check, "ok", evidence)
    change = rewrite({FLUSH_CEILING: str(found)}, str(DEFAULT_CEILING))
    return Finding(
        check, "warning", f"{evidence}; the default is {DEFAULT_CEILING}", effect, **change
    )


def aslr(_machine: Machine, root: Path) -> Finding:
    """Check that each process gets a random memory layout."""
    effect = (
        "all processes share one memory layout; whatever it adds to a time never averages out, and "
        "the interval over processes doesn't show it (pyperf's documentation advises to keep ASLR "
        "on)"
    )
    found = read(root, ASLR)
    if found is None:
        return unread("aslr", ASLR, effect)
    evidence = f"randomize_va_space is {found}"
    if found == "2":
        return Finding("aslr", "ok", evidence)
    return Finding("aslr", "warning", evidence, effect, **rewrite({ASLR: found}, "2"))
