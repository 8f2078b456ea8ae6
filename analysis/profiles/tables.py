"""Build the tables of profiles: text for readers, numbers for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from .. import formatting
from ..flame.folded import KERNEL
from ..tables.table import NOT_MEASURED, Table
from . import shares
from .profile import COUNTED, SAMPLED, UNPROFILED, CaseProfile, Quantity

HOTTEST = 10
# The kernel marks touched memory by whole pages, pages of the harness included: less is noise.
LEAST_MEMORY = 64 * 1024
MEMORY = "memory_touched"
LEAST = 0.001  # events per operation: fewer may come from the machine and not from the operation
# Shares of the time: the smallest that round to 1 % and to 0.1 %.
LEAST_SHARE, LEAST_SHOWN = 0.005, 0.0005

LABELS = {
    "system_calls": "system calls",
    "tlb_flushes": "TLB flushes, all reasons",
    "tlb_flushes_on_task_switch": "  on a task switch",
    "tlb_flushes_received": "  received from another CPU",
    "tlb_flushes_local": "  local",
    "tlb_flushes_local_mm": "  local, of the address space",
    "tlb_flushes_sent": "  sent to other CPUs",
    "calls_to_other_cpus": "calls to other CPUs",
    "call_interrupts": "interrupts taken: calls",
    "single_call_interrupts": "interrupts taken: calls to one CPU",
    "user_faults_not_present": "page faults in user mode: not present",
    "user_faults_protection": "page faults in user mode: protection",
    "user_faults_key": "page faults in user mode: key",
    "kernel_faults": "page faults in the kernel",
    "signals": "signals delivered",
    "mmap_lock_writes": "mmap_lock taken for writing",
    "mmap_lock_reads": "mmap_lock taken for reading",
    "mmap_lock_waits": "waits for a semaphore, as mmap_lock is",
    "spinlock_waits": "waits for a spinlock",
    "context_switches": "context switches",
    "cpu_migrations": "CPU migrations",
    "minor_faults": "minor faults",
    "major_faults": "major faults",
    "core_cycles": "core cycles",
    "retired_instructions": "instructions",
    "dtlb_load_misses": "dTLB load misses",
    "dtlb_store_misses": "dTLB store misses",
    "page_walk_cycles": "page-walk cycles",
    "machine_clears": "machine clears",
    "tlb_shootdown_interrupts": "TLB shootdown interrupts, whole machine",
    "tlb_shootdown_interrupts_in_pause": "  in a pause of the same length",
    "call_interrupts_all": "call interrupts, whole machine",
    "call_interrupts_all_in_pause": "  in a pause of the same length",
    MEMORY: "memory touched",
}
# The columns of the table by case, and the quantities that each one adds up.
COLUMNS = {
    "system calls": ("system_calls",),
    "TLB flushes": ("tlb_flushes",),
    "calls to other CPUs": ("calls_to_other_cpus",),
    "interrupts taken": ("call_interrupts", "single_call_interrupts"),
    "page faults": (
        *("user_faults_not_present", "user_faults_protection", "user_faults_key"),
        "kernel_faults",
    ),
    "context switches": ("context_switches",),
    "mmap_lock": ("mmap_lock_writes", "mmap_lock_reads"),
}


def by_case(cases: Iterable[CaseProfile]) -> Table:
    """Return the causes per operation, a row for each measured case."""
    measured = [case for case in cases if case.state == "measured"]
    numbers = [
        {"case": case.case, **{name: total(case, parts) for name, parts in COLUMNS.items()}}
        for case in measured
    ]
    rows = [
        [
            case.case,
            formatting.seconds(case.seconds[UNPROFILED])
            if UNPROFILED in case.seconds
            else NOT_MEASURED,
            *(count(total(case, parts)) for parts in COLUMNS.values()),
            _largest(case),
        ]
        for case in measured
    ]
    return Table(
        name="causes",
        title="Causes per operation",
        headings=["case", "time", *COLUMNS, "largest shares of the time"],
        rows=rows,
        data=pd.DataFrame(numbers),
        note=(
            "Counted only during the timed loops, in a process of its own whose timings are not "
            "used. –: could not be read; the reasons are in the case's own table."
        ),
    )


def quantities(case: CaseProfile) -> Table:
    """Return all quantities of one case, with their sources or the reasons why they are missing."""
    remark = f" Note: {case.remark}." if case.remark else ""
    rows = [
        [label(each), amount(each), each.source if each.per_operation is not None else each.reason]
        for each in case.quantities
    ]
    return Table(
        name="quantities",
        title=f"{case.case}: per operation",
        headings=["quantity", "per operation", "source, or why it is not known"],
        rows=rows,
        data=pd.DataFrame([vars(each) for each in case.quantities]),
        note=f"Over {case.operations:,} operations.{remark}",
    )


def causes(case: CaseProfile) -> Table:
    """Return the causes that the time of one case is spent on."""
    found = shares.of_case(case)
    seconds = case.seconds.get(UNPROFILED, 0.0)
    rows = [
        [
            each.cause,
            percent(each.share),
            f"± {percent(each.error)}",
            formatting.seconds(seconds * each.share),
        ]
        for each in found
        if each.share >= LEAST_SHOWN
    ]
    return Table(
        name="shares",
        title=f"{case.case}: where the time goes",
        headings=["cause", "share", "95 % interval", "time per operation"],
        rows=rows,
        data=pd.DataFrame([vars(each) for each in found]),
        note=sampling_note(case),
    )


def hottest(case: CaseProfile) -> Table:
    """Return the functions in which the operation was sampled most often."""
    leaves: Counter[str] = Counter()
    for stack, number in case.samples.timed.items() if case.samples else ():
        leaves[stack[-1]] += number
    whole = leaves.total()
    found = leaves.most_common(HOTTEST)
    rows = [
        [
            name.removesuffix(KERNEL),
            "kernel" if name.endswith(KERNEL) else "user",
            percent(n / whole),
            f"{n:,}",
        ]
        for name, n in found
    ]
    return Table(
        name="hottest",
        title=f"{case.case}: the hottest symbols",
        headings=["symbol", "mode", "share", "samples"],
        rows=rows,
        data=pd.DataFrame(found, columns=["symbol", "samples"]),
        note=sampling_note(case),
        text_columns=2,
    )


def slow_down(cases: Iterable[CaseProfile]) -> Table:
    """Return how much profiling slows each case down."""
    measured = [case for case in cases if UNPROFILED in case.seconds]
    rows = [
        [
            case.case,
            formatting.seconds(case.shortest[UNPROFILED]),
            *(slower(case, how) for how in (COUNTED, SAMPLED)),
        ]
        for case in measured
    ]
    data = [{"case": case.case, **case.shortest} for case in measured]
    return Table(
        name="slow-down",
        title="Slow-down by profiling",
        headings=["case", "unprofiled", "counted", "sampled"],
        rows=rows,
        data=pd.DataFrame(data),
        note=(
            "The time of an operation while it is profiled, divided by its unprofiled time. Each "
            "is the shortest of several values, because SMT contention disturbs those least."
        ),
    )


def instructions(case: CaseProfile) -> Table:
    """Return the instructions of the timed function, with the share of samples at each."""
    whole = sum(each.samples for each in case.instructions)
    rows = [
        [
            f"{each.address:x}",
            "loop" if each.in_loop else "",
            each.text,
            percent(each.samples / whole) if each.samples else "",
        ]
        for each in case.instructions
    ]
    return Table(
        name="instructions",
        title=f"{case.case}: the timed function",
        headings=["address", "", "instruction", "samples"],
        rows=rows,
        data=pd.DataFrame([vars(each) for each in case.instructions]),
        note=(
            "A sample names the instruction that would have been executed next. An instruction "
            "before it took the time."
        ),
        text_columns=3,
    )


def slower(case: CaseProfile, how: str) -> str:
    """Return how many times as long an operation takes while it is profiled in this way."""
    if how not in case.shortest or UNPROFILED not in case.shortest:
        return NOT_MEASURED
    return f"{formatting.figures(case.shortest[how] / case.shortest[UNPROFILED])} ×"


def total(case: CaseProfile, parts: Sequence[str]) -> float | None:
    """Return the sum of some quantities, None where one of them is not known."""
    numbers = [case.per_operation(part) for part in parts]
    return sum(n for n in numbers if n is not None) if None not in numbers else None


def count(number: float | None) -> str:
    """Return a number of events per operation as text."""
    if number is None:
        return NOT_MEASURED
    if number == 0:
        return "0"
    if abs(number) < LEAST:
        return f"under {LEAST}"
    return f"{number:,.3f}" if abs(number) < 1000 else formatting.figures(number)


def label(each: Quantity) -> str:
    """Return the name of a quantity as readers see it."""
    return LABELS.get(each.quantity, each.quantity)


def amount(each: Quantity) -> str:
    """Return a quantity per operation as text, with its unit where it has one."""
    if each.quantity == MEMORY and each.per_operation is not None:
        least = each.per_operation < LEAST_MEMORY
        return (
            f"under {formatting.memory(LEAST_MEMORY)}"
            if least
            else formatting.memory(each.per_operation)
        )
    return count(each.per_operation)


def percent(share: float) -> str:
    """Return a share in per cent as text."""
    return f"{100 * share:.1f} %"


def sampling_note(case: CaseProfile) -> str:
    """Say how the samples were taken, and what limits them."""
    if case.samples is None:
        return case.missing.get("samples", "not sampled")
    samples = case.samples
    text = f"{sum(samples.timed.values()):,} samples of the operation by {samples.event}"
    own = f"; {samples.profiler_samples:,} more, of the profiler's own work, are left out"
    clock = (
        "; without a PMU, a sample due while interrupts are off is taken where they are on again"
        if samples.by_time
        else ""
    )
    remark = f"; {samples.remark}" if samples.remark else ""
    return f"{text}{own if samples.profiler_samples else ''}{clock}{remark}."


def _largest(case: CaseProfile) -> str:
    largest = [each for each in shares.of_case(case)[:3] if each.share >= LEAST_SHARE]
    found = [f"{100 * each.share:.0f} % {each.cause}" for each in largest]
    return ", ".join(found) or NOT_MEASURED
