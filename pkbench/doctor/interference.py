"""Checks for what else uses these CPUs: hypervisor, other tasks, tracer, SMT siblings."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from pkbench.doctor.finding import HOST_ONLY, NOT_KNOWN, Finding, Status, unread
from pkbench.machine import Machine, read
from pkbench.worker import smt_contention
from pkbench.worker.core_clock import CoreClock

STATUS = "proc/self/status"
# Share of readings. A few are slow on any machine: an interrupt looks like contention.
CONTENDED_OFTEN = 0.05
SIBLING_OFF = (
    "take the core's other hardware thread offline; for a guest, the host must keep it idle"
)
STEAL_SECONDS = 0.5  # at 100 ticks a second, one tick on one CPU is 2 %


def virtualisation(machine: Machine, _root: Path) -> Finding:
    """Check that the kernel runs on bare metal."""
    check, below = "virtualisation", machine.virtualisation
    if below is None:
        return Finding(
            check,
            "unknown",
            f"{machine.architecture} has no CPUID that would report a hypervisor",
            "under a hypervisor, TLB flushes and interrupts between CPUs may exit to it",
            no_fix=NOT_KNOWN,
        )
    if below == "":
        return Finding(check, "ok", "CPUID.1:ECX.31 (hypervisor) is clear")
    if below == "TCG":
        return Finding(
            check,
            "problem",
            "software emulation (QEMU TCG)",
            "times measured here mean nothing (evidence `function`); use `pkbench count` instead",
            no_fix=HOST_ONLY,
        )
    return Finding(
        check,
        "warning",
        f"CPUID reports {below}",
        "TLB flushes take other times than on bare metal; on a 2-CPU guest INVLPG took 120 ns, and "
        "an mprotect with a second busy thread took 1 µs or 15 to 20 µs, depending on whether the "
        "other CPU was running",
        no_fix=HOST_ONLY,
    )


def load(machine: Machine, root: Path) -> Finding:
    """Check that other tasks don't need these CPUs."""
    effect = (
        "tasks that share a CPU or its cache slow what is timed; on a busy 2-CPU guest two system "
        "calls, run twice, were 1.33 and 1.43 times slower"
    )
    text = read(root, "proc/loadavg")
    if text is None:
        return unread("load", "proc/loadavg", effect)
    average = float(text.split()[0])
    evidence = f"load average {average:.2f} over the last minute on {machine.cpus} CPUs"
    if average < 0.5 * machine.cpus:
        return Finding("load", "ok", evidence)
    status: Status = "warning" if average < machine.cpus else "problem"
    no_fix = "stop other work: `top` shows which processes are busy"
    return Finding("load", status, evidence, effect, no_fix=no_fix)


def tracer(_machine: Machine, root: Path) -> Finding:
    """Check that no debugger or strace traces this process."""
    effect = (
        "each system call and fault waits for the tracer; on a 2-CPU guest an mprotect took 830 "
        "ns, and 8,100 to 8,260 ns under `strace -c`"
    )
    found = re.search(r"^TracerPid:\s*([0-9]+)$", read(root, STATUS) or "", re.MULTILINE)
    if found is None:
        return unread("tracer", STATUS, effect)
    if found[1] == "0":
        return Finding("tracer", "ok", "TracerPid is 0")
    no_fix = "start pkbench without the tracer; trace in a separate run"
    return Finding("tracer", "problem", f"TracerPid is {found[1]}", effect, no_fix=no_fix)


def core(readings: Sequence[CoreClock]) -> Finding:
    """Check for SMT contention: how many of these readings another hardware thread disturbed."""
    effect = (
        "the core's other hardware thread takes up to half of the execution units; on a 2-CPU "
        "guest a getppid took 132 ns uncontended and 182 ns contended, an mprotect 1.8 and 2.7 µs; "
        "a run excludes contended values, and takes longer to get enough uncontended ones"
    )
    if not any(chain.nop_cycles for chain in readings):
        lacking = "this build has no core-clock calibration for this architecture"
        return Finding("core", "unknown", lacking, effect, no_fix=NOT_KNOWN)
    nop = _uncontended(
        readings, [chain.nop_cycles for chain in readings], smt_contention.NOPS_CONTENDED
    )
    branch = _uncontended(
        readings, [chain.branch_cycles for chain in readings], smt_contention.BRANCHES_CONTENDED
    )
    if not nop:
        disturbed = (
            f"nearly all of {len(readings)} core-clock readings were disturbed: a multiplication "
            "did not take three times as long as an addition"
        )
        return Finding("core", "problem", disturbed, effect, no_fix=SIBLING_OFF)
    found = [
        smt_contention.contended(chain.nop_cycles, nop)
        or smt_contention.contended(chain.branch_cycles, branch, smt_contention.BRANCHES_CONTENDED)
        for chain in readings
    ]
    share = sum(found) / len(readings)
    evidence = (
        f"{share:.0%} of {len(readings)} readings were contended; uncontended, the core issues "
        f"{1 / nop:.2f} no-ops per cycle and takes {branch:.1f} cycles per unpredictable branch"
    )
    if share < CONTENDED_OFTEN:
        return Finding("core", "ok", evidence)
    status: Status = "problem" if share > 0.5 else "warning"
    return Finding("core", status, evidence, effect, no_fix=SIBLING_OFF)


def _uncontended(readings: Sequence[CoreClock], cycles: Sequence[float], apart: float) -> float:
    """Return the cycles of a no-op or a branch on an uncontended core, from all readings."""
    checked = [
        (each, smt_contention.consistent(chain.add_seconds, chain.multiply_seconds))
        for each, chain in zip(cycles, readings, strict=True)
    ]
    return smt_contention.uncontended_cycles(checked, apart)


class Ticks(NamedTuple):
    """Clock ticks of the allowed CPUs since boot."""

    total: int
    steal: int


def steal(machine: Machine, root: Path, sleep: Callable[[float], object]) -> Finding:
    """Check that the hypervisor doesn't give these CPUs' time to others, from two readings."""
    effect = (
        "a stolen CPU stands still while the clock goes on; on a shared guest that lost 284 ticks "
        "in 600 s, figures drifted by 10 to 13 %"
    )
    before = _ticks(machine, root)
    if before is None:
        lacking = "/proc/stat has no steal column for the allowed CPUs"
        return Finding("steal", "unknown", lacking, effect, no_fix=NOT_KNOWN)
    sleep(STEAL_SECONDS)
    after = _ticks(machine, root)
    if after is None or after.total <= before.total:
        still = "/proc/stat did not advance between two readings"
        return Finding("steal", "unknown", still, effect, no_fix=NOT_KNOWN)
    now = (after.steal - before.steal) / (after.total - before.total)
    since_boot = after.steal / after.total
    evidence = f"{now:.1%} of the CPU time in {STEAL_SECONDS} s, {since_boot:.2%} since boot"
    if now > 0 or since_boot >= 0.001:
        status: Status = "problem" if now >= 0.05 else "warning"
        return Finding("steal", status, evidence, effect, no_fix=HOST_ONLY)
    if after.steal == 0 and machine.virtualisation != "":
        never = f"none since boot, but {machine.virtualisation or 'a hypervisor'} may not report it"
        return Finding("steal", "unknown", never, effect, no_fix=HOST_ONLY)
    return Finding("steal", "ok", evidence)


def _ticks(machine: Machine, root: Path) -> Ticks | None:
    """Sum the allowed CPUs' lines of /proc/stat: proc_stat(5), whose eighth column is steal.

    The guest columns after it are excluded: user and nice include them already.
    """
    names = {f"cpu{cpu}" for cpu in machine.allowed_cpus}
    lines = (line.split() for line in (read(root, "proc/stat") or "").splitlines())
    columns = [[int(text) for text in line[1:9]] for line in lines if line and line[0] in names]
    if not columns or any(len(row) < 8 for row in columns):
        return None
    return Ticks(sum(map(sum, columns)), sum(row[7] for row in columns))
