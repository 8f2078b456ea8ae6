"""Whether the CPU's own counters can be had."""

import ctypes
import errno
import os
import struct
from pathlib import Path

from pkbench.doctor.finding import Finding, rewrite
from pkbench.machine import Machine, read

PARANOID = "proc/sys/kernel/perf_event_paranoid"

# perf_event_open, from each architecture's unistd.h
SYSCALL = {"x86_64": 298, "aarch64": 241, "riscv64": 241, "ppc64le": 319, "s390x": 331}
# struct perf_event_attr as first published (PERF_ATTR_SIZE_VER0)
ATTRIBUTE = "=IIQQQQQIIQ"
CORE_CYCLES = (0, 0)  # PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES
EXCLUDE_KERNEL, EXCLUDE_HYPERVISOR = 1 << 5, 1 << 6
CLOSE_ON_EXEC = 1 << 3

NO_COUNTERS = (
    "no counted cycles, instructions or TLB events beside the times; perf has tracepoints "
    "and cpu-clock only"
)
NO_DRIVER = "the kernel found no counters it can drive"
USER_ONLY = "cycles and instructions spent in the kernel, most of an mprotect, can't be counted"


def pmu(machine: Machine, root: Path) -> Finding:
    """Try to count core cycles, in user mode and kernel, then in user mode alone."""
    paranoid = read(root, PARANOID)
    try:
        return _counted(machine, count_cycles(user_only=False))
    except OSError as error:
        refused = error
    if refused.errno not in (errno.EACCES, errno.EPERM):
        name = errno.errorcode.get(refused.errno or 0, refused.strerror)
        why = NO_DRIVER if refused.errno in (errno.ENOENT, errno.EOPNOTSUPP) else refused.strerror
        evidence = f"perf_event_open gave {name}: {why}"
        return Finding("pmu", "warning", evidence, NO_COUNTERS, no_fix=_who_has_counters(machine))
    evidence = (
        f"perf_event_open: {refused.strerror}, perf_event_paranoid is {paranoid or 'unknown'}"
    )
    # Documentation/admin-guide/sysctl/kernel.rst: above 1 the kernel's events need CAP_PERFMON;
    # 3 and above, in some distributions, all events do.
    strict = paranoid is not None and int(paranoid) > 1
    if paranoid is not None and strict:
        mend = rewrite({PARANOID: paranoid}, "1")
    else:
        evidence += ": something else refuses, as a container's filter would"
        mend = {"no_fix": "run it outside the container, or where perf_event_open is let through"}
    try:
        count_cycles(user_only=True)
    except OSError:
        return Finding("pmu", "warning", evidence, NO_COUNTERS, **mend)
    return Finding(
        "pmu", "warning", f"{evidence}; user mode alone can be counted", USER_ONLY, **mend
    )


def _counted(machine: Machine, cycles: int) -> Finding:
    if cycles == 0:
        dead = "perf_event_open works, but its counter stays at zero"
        return Finding("pmu", "warning", dead, NO_COUNTERS, no_fix=_who_has_counters(machine))
    return Finding("pmu", "ok", "perf_event_open counts core cycles in user mode and kernel")


def _who_has_counters(machine: Machine) -> str:
    if machine.virtualisation:
        return "only the hypervisor's host can pass counters on; bare metal has them"
    return "the CPU's driver is missing: a kernel that knows this CPU, or the firmware's setup"


def count_cycles(*, user_only: bool) -> int:
    """Count the core cycles of a little work; OSError where that isn't possible."""
    return count(*CORE_CYCLES, user_only=user_only)


def count(kind: int, event: int, *, user_only: bool) -> int:
    """Count an event of perf_event_open(2) over a little work in this thread."""
    number = SYSCALL.get(os.uname().machine)
    if number is None:
        raise OSError(errno.ENOSYS, "system call number not known on this architecture")
    flags = EXCLUDE_HYPERVISOR | (EXCLUDE_KERNEL if user_only else 0)
    size = struct.calcsize(ATTRIBUTE)
    attribute = struct.pack(ATTRIBUTE, kind, size, event, 0, 0, 0, flags, 0, 0, 0)
    long, libc = ctypes.c_long, ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = long
    counter = libc.syscall(
        long(number), attribute, long(0), long(-1), long(-1), ctypes.c_ulong(CLOSE_ON_EXEC)
    )
    if counter < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    try:
        sum(range(10_000))
        return int.from_bytes(os.read(counter, 8), "little")
    finally:
        os.close(counter)
