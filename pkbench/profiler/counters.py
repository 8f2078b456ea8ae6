"""Perf events of this process, whatever it starts included, opened without perf."""

import fcntl
import os
import struct

from pkbench.doctor.counters import (
    ATTRIBUTE,
    CLOSE_ON_EXEC,
    EXCLUDE_HYPERVISOR,
    EXCLUDE_KERNEL,
    PERF_EVENT_OPEN,
)
from pkbench.doctor.system_call import call
from pkbench.profiler.events import SOFTWARE, TRACEPOINT, Event
from pkbench.worker.event_counters import reason_for

DISABLED, INHERIT = 1 << 0, 1 << 1
TIME_ENABLED, TIME_RUNNING = 1, 2  # PERF_FORMAT_
SET_FILTER = 0x40082406  # PERF_EVENT_IOC_SET_FILTER


class Counters:
    """One event each, off until native code turns them on around a timed loop.

    Opened before a case, so that its threads and processes inherit them.
    """

    def __init__(self, events: list[Event]) -> None:
        self.missing: dict[str, str] = {}  # quantity -> why it isn't counted
        self.user_only: set[str] = set()  # of the others, what is counted in user mode alone
        self._files: dict[str, int] = {}
        for event in events:
            if event.reason:
                self.missing[event.quantity] = event.reason
                continue
            try:
                self._files[event.quantity] = self._open(event)
            except OSError as error:
                self.missing[event.quantity] = reason_for(error.errno or 0)

    def _open(self, event: Event) -> int:
        """Open an event; where the kernel is forbidden, the CPU's own in user mode."""
        try:
            return _open(event, EXCLUDE_HYPERVISOR)
        except PermissionError:
            if event.kind in {SOFTWARE, TRACEPOINT}:
                raise
            self.user_only.add(event.quantity)
            return _open(event, EXCLUDE_HYPERVISOR | EXCLUDE_KERNEL)

    def read(self) -> dict[str, float]:
        """Return what was counted so far; what shared the CPU's counters is scaled up.

        Left out is what had none of them at any time.
        """
        found = {}
        for quantity, file in self._files.items():
            count, enabled, running = struct.unpack("=QQQ", os.read(file, 24))
            if running:
                found[quantity] = count * max(1.0, enabled / running)
            elif not enabled:
                found[quantity] = 0.0  # nothing was timed yet
        return found


def _open(event: Event, excluded: int) -> int:
    flags = DISABLED | INHERIT | excluded
    read_format = TIME_ENABLED | TIME_RUNNING
    size = struct.calcsize(ATTRIBUTE)
    # A tracepoint counts occurrences whatever the period; one of 1 lets a filter choose them.
    period = 1 if event.kind == TRACEPOINT else 0
    attribute = struct.pack(
        ATTRIBUTE, event.kind, size, event.config, period, 0, read_format, flags, 0, 0, 0
    )
    file = call(PERF_EVENT_OPEN, attribute, 0, -1, -1, CLOSE_ON_EXEC)
    try:
        if event.filter:
            fcntl.ioctl(file, SET_FILTER, event.filter.encode() + b"\0")
    except OSError:
        os.close(file)
        raise
    return file
