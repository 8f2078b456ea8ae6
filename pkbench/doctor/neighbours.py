"""Who else runs here: the hypervisor below, the tasks beside, the core's other threads."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from pkbench.doctor.finding import HOST_ONLY, NOT_KNOWN, Finding, Status, unread
from pkbench.machine import Machine, read
from pkbench.worker import smt_contention
from pkbench.worker.core_clock import Chain

STATUS = "proc/self/status"
# An interrupt makes a look slow, as another thread does.
CONTENDED_OFTEN = 0.05
CORE_TAKEN = "take the core's other thread offline, or, in a guest, have the host keep it free"
STEAL_SECONDS = 0.5  # at 100 ticks a second, one tick on one CPU is 2 %


def virtualisation(machine: Machine, _root: Path) -> Finding:
    """Tell what runs below this kernel."""
    check, below = "virtualisation", machine.virtualisation
    if below is None:
        return Finding(
            check,
            "unknown",
            f"{machine.architecture} has no CPUID in which a hypervisor announces itself",
            "under a hypervisor, flushes and interrupts between CPUs may cost an exit to it",
            no_fix=NOT_KNOWN,
        )
    if below == "":
        return Finding(check, "ok", "CPUID.1:ECX.31 (hypervisor) is clear")
    if below == "TCG":
        return Finding(
            check,
            "problem",
            "software emulation (QEMU TCG)",
            "times mean nothing: the evidence is `function`; `pkbench count` counts instructions",
            no_fix=HOST_ONLY,
        )
    return Finding(
        check,
        "warning",
        f"CPUID announces {below}",
        "TLB flushes are not those of bare metal: on a 2-CPU guest INVLPG took 120 ns, and an "
        "mprotect beside a busy thread 1 µs or 15 to 20 µs, as the other CPU ran or not",
        no_fix=HOST_ONLY,
    )


def load(machine: Machine, root: Path) -> Finding:
    """Tell whether other tasks want these CPUs."""
    effect = (
        "tasks that share a CPU or its cache lengthen what is timed: on a busy 2-CPU guest two "
        "system calls, run twice, took 1.33 and 1.43 times as long"
    )
    text = read(root, "proc/loadavg")
    if text is None:
        return unread("load", "proc/loadavg", effect)
    average = float(text.split()[0])
    evidence = f"load average {average:.2f} over the last minute on {machine.cpus} CPUs"
    if average < 0.5 * machine.cpus:
        return Finding("load", "ok", evidence)
    status: Status = "warning" if average < machine.cpus else "problem"
    no_fix = "stop what `top` shows: what may be stopped, you know"
    return Finding("load", status, evidence, effect, no_fix=no_fix)


def tracer(_machine: Machine, root: Path) -> Finding:
    """Tell whether a debugger or strace holds this process."""
    effect = (
        "each system call and fault stops for the tracer: on a 2-CPU guest an mprotect took "
        "830 ns, and 8,100 to 8,260 ns under `strace -c`"
    )
    found = re.search(r"^TracerPid:\s*([0-9]+)$", read(root, STATUS) or "", re.MULTILINE)
    if found is None:
        return unread("tracer", STATUS, effect)
    if found[1] == "0":
        return Finding("tracer", "ok", "TracerPid is 0")
    no_fix = "start it without the tracer; profile in a run of its own"
    return Finding("tracer", "problem", f"TracerPid is {found[1]}", effect, no_fix=no_fix)


def core(looks: Sequence[Chain]) -> Finding:
    """Tell how often another hardware thread used the core, of looks at it."""
    effect = (
        "what runs on the core's other hardware thread takes half of what both share: on a 2-CPU "
        "guest a getppid took 132 ns alone and 182 ns beside it, an mprotect 1.8 and 2.7 µs; a run "
        "leaves such values out, and takes longer until it has others"
    )
    if not any(look.nop_cycles for look in looks):
        lacking = "this build knows no chains of instructions for this architecture"
        return Finding("core", "unknown", lacking, effect, no_fix=NOT_KNOWN)
    nop = _uncontended(looks, [look.nop_cycles for look in looks], smt_contention.NOPS_CONTENDED)
    branch = _uncontended(
        looks, [look.branch_cycles for look in looks], smt_contention.BRANCHES_CONTENDED
    )
    if not nop:
        disturbed = (
            f"in nearly none of {len(looks)} looks a multiplication took three times as long as an "
            "addition: something disturbs them all the time"
        )
        return Finding("core", "problem", disturbed, effect, no_fix=CORE_TAKEN)
    found = [
        smt_contention.contended(look.nop_cycles, nop)
        or smt_contention.contended(look.branch_cycles, branch, smt_contention.BRANCHES_CONTENDED)
        for look in looks
    ]
    share = sum(found) / len(looks)
    evidence = (
        f"{share:.0%} of {len(looks)} looks found somebody else on the core, which alone issues "
        f"{1 / nop:.2f} no-ops a cycle, and takes {branch:.1f} for a branch that it can't predict"
    )
    if share < CONTENDED_OFTEN:
        return Finding("core", "ok", evidence)
    status: Status = "problem" if share > 0.5 else "warning"
    return Finding("core", status, evidence, effect, no_fix=CORE_TAKEN)


def _uncontended(looks: Sequence[Chain], cycles: Sequence[float], apart: float) -> float:
    """Return what a core alone takes for a no-op or a branch, of what each look saw it take."""
    readings = [
        smt_contention.reading(each, look.add_seconds, look.multiply_seconds)
        for each, look in zip(cycles, looks, strict=True)
    ]
    return smt_contention.best(readings, apart)


class Ticks(NamedTuple):
    """Clock ticks of the allowed CPUs since boot."""

    total: int
    steal: int


def steal(machine: Machine, root: Path, sleep: Callable[[float], object]) -> Finding:
    """Tell whether the hypervisor gives these CPUs' time to others, from two looks at it."""
    effect = (
        "a stolen CPU stands still while the clock goes on; figures drifted by 10 to 13 % on a "
        "shared guest that lost 284 ticks in 600 s"
    )
    before = _ticks(machine, root)
    if before is None:
        lacking = "/proc/stat has no steal for the allowed CPUs"
        return Finding("steal", "unknown", lacking, effect, no_fix=NOT_KNOWN)
    sleep(STEAL_SECONDS)
    after = _ticks(machine, root)
    if after is None or after.total <= before.total:
        still = "/proc/stat did not advance between two reads"
        return Finding("steal", "unknown", still, effect, no_fix=NOT_KNOWN)
    now = (after.steal - before.steal) / (after.total - before.total)
    since_boot = after.steal / after.total
    evidence = f"{now:.1%} of the CPU time in {STEAL_SECONDS} s, {since_boot:.2%} since boot"
    if now > 0 or since_boot >= 0.001:
        status: Status = "problem" if now >= 0.05 else "warning"
        return Finding("steal", status, evidence, effect, no_fix=HOST_ONLY)
    if after.steal == 0 and machine.virtualisation != "":
        never = f"none since boot; {machine.virtualisation or 'a hypervisor'} need not report it"
        return Finding("steal", "unknown", never, effect, no_fix=HOST_ONLY)
    return Finding("steal", "ok", evidence)


def _ticks(machine: Machine, root: Path) -> Ticks | None:
    """Sum the allowed CPUs' lines of /proc/stat: proc_stat(5), whose eighth column is steal.

    The guest columns after it are left out, being part of user and nice already.
    """
    names = {f"cpu{cpu}" for cpu in machine.allowed_cpus}
    lines = (line.split() for line in (read(root, "proc/stat") or "").splitlines())
    columns = [[int(text) for text in line[1:9]] for line in lines if line and line[0] in names]
    if not columns or any(len(row) < 8 for row in columns):
        return None
    return Ticks(sum(map(sum, columns)), sum(row[7] for row in columns))
