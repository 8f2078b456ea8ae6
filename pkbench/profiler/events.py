"""List the quantities that are counted, and the event for each."""

from dataclasses import dataclass
from pathlib import Path

from pkbench.perf_event import CACHE, HARDWARE, RAW, SOFTWARE, TRACEPOINT
from pkbench.worker.event_counters import UNKNOWN, cpu_events

CPUINFO = Path("/proc/cpuinfo")
# MACHINE_CLEARS.COUNT. Source: Linux, tools/perf/pmu-events/arch/x86/*/pipeline.json, the same
# number from Skylake to Sapphire Rapids.
MACHINE_CLEARS = 0x01C3


@dataclass(frozen=True)
class Event:
    """An event that counts a quantity. Each kernel has its own numbers for tracepoints."""

    quantity: str
    kind: int
    config: int = 0
    tracepoint: str = ""  # its name, as in tlb:tlb_flush
    filter: str = ""
    reason: str = ""  # why it can't be counted, if known before trying

    @property
    def source(self) -> str:
        """Return where a count of it comes from."""
        if self.kind == TRACEPOINT:
            return f"{self.tracepoint} ({self.filter})" if self.filter else self.tracepoint
        return {HARDWARE: "PMU", CACHE: "PMU", RAW: "PMU", SOFTWARE: "the kernel's own count"}[
            self.kind
        ]


def _trace(quantity: str, name: str, filter_: str = "") -> Event:
    return Event(quantity, TRACEPOINT, tracepoint=name, filter=filter_)


# Reasons of flushes: include/trace/events/tlb.h. Error codes of faults: Intel SDM volume 3, 4.7.
# Flags of contended locks: include/trace/events/lock.h. A wait for a reader-writer semaphore has
# READ or WRITE and no other flag; mmap_lock is the one that changing protection takes.
TRACEPOINTS = (
    _trace("system_calls", "raw_syscalls:sys_enter"),
    _trace("tlb_flushes", "tlb:tlb_flush"),
    _trace("tlb_flushes_on_task_switch", "tlb:tlb_flush", "reason == 0"),
    _trace("tlb_flushes_received", "tlb:tlb_flush", "reason == 1"),
    _trace("tlb_flushes_local", "tlb:tlb_flush", "reason == 2"),
    _trace("tlb_flushes_local_mm", "tlb:tlb_flush", "reason == 3"),
    _trace("tlb_flushes_sent", "tlb:tlb_flush", "reason == 4"),
    _trace("calls_to_other_cpus", "csd:csd_queue_cpu"),
    _trace("call_interrupts", "irq_vectors:call_function_entry"),
    _trace("single_call_interrupts", "irq_vectors:call_function_single_entry"),
    _trace("user_faults_not_present", "exceptions:page_fault_user", "!(error_code & 1)"),
    _trace(
        "user_faults_protection",
        "exceptions:page_fault_user",
        "(error_code & 1) && !(error_code & 32)",
    ),
    _trace("user_faults_key", "exceptions:page_fault_user", "error_code & 32"),
    _trace("kernel_faults", "exceptions:page_fault_kernel"),
    _trace("signals", "signal:signal_deliver"),
    _trace("mmap_lock_writes", "mmap_lock:mmap_lock_start_locking", "write == 1"),
    _trace("mmap_lock_reads", "mmap_lock:mmap_lock_start_locking", "write == 0"),
    _trace("mmap_lock_waits", "lock:contention_begin", "flags == 2 || flags == 4"),
    _trace("spinlock_waits", "lock:contention_begin", "flags & 1"),
)
# Linux, include/uapi/linux/perf_event.h: enum perf_sw_ids
SOFTWARE_EVENTS = (
    Event("context_switches", SOFTWARE, 3),
    Event("cpu_migrations", SOFTWARE, 4),
    Event("minor_faults", SOFTWARE, 5),
    Event("major_faults", SOFTWARE, 6),
)
# PERF_COUNT_HW_CACHE_DTLB, _OP_WRITE, _RESULT_MISS
_DTLB, _WRITE, _MISS = 3, 1 << 8, 1 << 16


def hardware_events() -> list[Event]:
    """Return the CPU's events: those that timed runs count too, and further ones."""
    known = [Event(name, kind, config, reason=why) for name, kind, config, why in cpu_events()]
    return [*known, Event("dtlb_store_misses", CACHE, _DTLB | _WRITE | _MISS), machine_clears()]


def tracepoints() -> list[str]:
    """Return the names of the tracepoints that are counted, without duplicates."""
    return list(dict.fromkeys(event.tracepoint for event in TRACEPOINTS))


def machine_clears(cpuinfo: Path = CPUINFO) -> Event:
    """Return this CPU's event for machine clears, or an event with the reason why none is known."""
    try:
        known = "GenuineIntel" in cpuinfo.read_text()
    except OSError:
        known = False
    reason = "" if known else UNKNOWN
    return Event("machine_clears", RAW, MACHINE_CLEARS, reason=reason)
