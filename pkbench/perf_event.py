"""Open perf events of this thread with perf_event_open(2), and explain why one can't be opened."""

import errno
import fcntl
import os
import struct
from pathlib import Path
from typing import NamedTuple

# Event types: enum perf_type_id in Linux, include/uapi/linux/perf_event.h.
HARDWARE, SOFTWARE, TRACEPOINT, CACHE, RAW = range(5)
# Type and number of the event for core cycles: PERF_COUNT_HW_CPU_CYCLES.
CORE_CYCLES = (HARDWARE, 0)

# The system call's number, from each architecture's unistd.h.
NUMBERS = {"x86_64": 298, "aarch64": 241, "riscv64": 241, "ppc64le": 319, "s390x": 331}
# struct perf_event_attr as first published (PERF_ATTR_SIZE_VER0).
ATTRIBUTE = "=IIQQQQQIIQ"
# Bits of its flags.
DISABLED, INHERIT, EXCLUDE_KERNEL, EXCLUDE_HYPERVISOR = 1 << 0, 1 << 1, 1 << 5, 1 << 6
TIME_ENABLED, TIME_RUNNING = 1, 2  # PERF_FORMAT_
CLOSE_ON_EXEC = 1 << 3  # PERF_FLAG_FD_CLOEXEC
SET_FILTER = 0x40082406  # PERF_EVENT_IOC_SET_FILTER
THIS_THREAD, ANY_CPU, NO_GROUP = 0, -1, -1

PARANOID = Path("/proc/sys/kernel/perf_event_paranoid")
# perf_event_open(2), ERRORS.
REASONS = {
    errno.ENOENT: "ENOENT: the kernel has no counter for it here, as in many guests",
    errno.EOPNOTSUPP: "EOPNOTSUPP: the CPU's counters do not support it, or there are none",
    errno.ENODEV: "ENODEV: the CPU has no such counter",
    errno.EINVAL: "EINVAL: the CPU's counters do not support it, alone or with the others",
    errno.ENOSYS: "ENOSYS: the kernel was built without perf events, or a filter hides them",
    errno.EMFILE: "EMFILE: this process has too many open files",
    errno.EBUSY: "EBUSY: another program reserved the counters",
}


class Reading(NamedTuple):
    """What a counter held at one moment; times in nanoseconds."""

    value: int
    enabled: int  # how long the event was switched on
    running: int  # how long it had one of the CPU's counters


def open_event(kind: int, config: int, *, user_only: bool) -> int:
    """Count an event of this thread from now on; return its file descriptor.

    `kind` is an event type, `config` the event's number in it. Reading 8 bytes gives the count.
    Raise OSError where the kernel refuses; `reason_for` explains its error.
    """
    return _open(kind, config, _excluded(user_only=user_only))


def open_inherited(kind: int, config: int, *, user_only: bool, filter_: str = "") -> int:
    """Prepare a counter of this thread and of all that it starts later; return its descriptor.

    It is off until native code switches it on. `read` gives its count and times. `filter_` is a
    tracepoint's, as Documentation/trace/events.rst describes it. Raise OSError where the kernel
    refuses the event or the filter.
    """
    # A tracepoint counts occurrences whatever the period is, but a filter needs a period of 1.
    period = 1 if kind == TRACEPOINT else 0
    flags = DISABLED | INHERIT | _excluded(user_only=user_only)
    file = _open(kind, config, flags, period, TIME_ENABLED | TIME_RUNNING)
    try:
        if filter_:
            fcntl.ioctl(file, SET_FILTER, filter_.encode() + b"\0")
    except OSError:
        os.close(file)
        raise
    return file


def read(file: int) -> Reading:
    """Return what a counter from `open_inherited` holds."""
    return Reading(*struct.unpack("=QQQ", os.read(file, 24)))


def count_briefly(kind: int, config: int, *, user_only: bool) -> int:
    """Count an event over some 0.1 ms of work in this thread.

    Raise OSError where the event can't be counted.
    """
    file = open_event(kind, config, user_only=user_only)
    try:
        sum(range(10_000))
        return int.from_bytes(os.read(file, 8), "little")
    finally:
        os.close(file)


def reason_for(error: int) -> str:
    """Return why an event can't be counted, given the error number of perf_event_open(2)."""
    if error in (errno.EACCES, errno.EPERM):
        return f"{errno.errorcode[error]}: {_forbidden()}"
    return REASONS.get(error) or f"{errno.errorcode.get(error, error)}: {os.strerror(error)}"


def _forbidden() -> str:
    try:
        return f"perf_event_paranoid is {PARANOID.read_text().strip()}, or a filter forbids it"
    except OSError:
        return "a filter forbids it"


def _excluded(*, user_only: bool) -> int:
    return EXCLUDE_HYPERVISOR | (EXCLUDE_KERNEL if user_only else 0)


def _open(kind: int, config: int, flags: int, period: int = 0, read_format: int = 0) -> int:
    from pkbench.system_call import call  # noqa: PLC0415 - a worker starts without ctypes

    size = struct.calcsize(ATTRIBUTE)
    attribute = struct.pack(ATTRIBUTE, kind, size, config, period, 0, read_format, flags, 0, 0, 0)
    return call(NUMBERS, attribute, THIS_THREAD, ANY_CPU, NO_GROUP, CLOSE_ON_EXEC)
