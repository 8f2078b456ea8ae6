"""Count the CPU's own events around the timed loops of this process, as one perf event group."""

import functools
from collections.abc import Iterator
from typing import Any

from pkbench._native import ffi, lib
from pkbench.cases.catalogue import text_of
from pkbench.perf_event import reason_for

SCOPES = {lib.PK_COUNTED_ALL: "user mode and kernel", lib.PK_COUNTED_USER: "user mode"}
UNKNOWN = "pkbench does not know which event of this CPU counts it"


class EventCounters:
    """A group of events of this thread, opened once."""

    def __init__(self, events: Any, number: int) -> None:
        """Open the first `number` of an array of `struct pk_event`, which must outlive this."""
        scope = lib.pk_counters_open(events, number)
        self.scope: str = SCOPES.get(scope, "")  # what is counted, or "" where nothing is
        self.names: dict[str, int] = {}  # counted event -> its place in the group
        self.missing: dict[str, str] = {}  # other event -> why it isn't counted
        for place in range(number):
            name, error = text_of(events[place].name), events[place].error
            if error:
                self.missing[name] = _reason(error)
            else:
                self.names[name] = place

    def counted(self, value: Any, operations: int) -> Iterator[tuple[str, float]]:
        """Yield the counts of a value per operation, and the share of the time they were counted.

        With more events than the CPU has counters, the kernel multiplexes them. Counts are scaled
        up to the whole time (perf_event_open(2), PERF_FORMAT_TOTAL_TIME_RUNNING).
        """
        if not value.counter_running:
            return
        share = min(1.0, value.counter_running / value.counter_enabled)
        yield "counter_share", share
        for name, place in self.names.items():
            yield name, value.counts[place] / share / operations


@functools.cache
def event_counters() -> EventCounters:
    """Return this process's counters of the CPU's events; they stay open until it ends."""
    events = ffi.new("struct pk_event[]", lib.PK_EVENTS_MAX)
    return EventCounters(events, lib.pk_hardware_events(events))


def cpu_events() -> list[tuple[str, int, int, str]]:
    """Return each of the CPU's events: name, type, number and why it isn't known on this CPU."""
    events = ffi.new("struct pk_event[]", lib.PK_EVENTS_MAX)
    return [
        (text_of(each.name), each.type, each.config, _reason(each.error) if each.error else "")
        for each in events[0 : lib.pk_hardware_events(events)]
    ]


def _reason(error: int) -> str:
    return UNKNOWN if error == lib.PK_EVENT_UNKNOWN else reason_for(error)
