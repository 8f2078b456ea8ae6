"""Count what an operation does in the kernel and on the CPU."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pkbench.profiler import events
from pkbench.profiler.counters import Counters
from pkbench.profiler.events import Event
from pkbench.profiler.processes import TRACEFS, ProgramError, checked
from pkbench.profiler.subject import INTERRUPTS

IDS_TIMEOUT = 20.0
ROWS = {
    "tlb_shootdown_interrupts": "/proc/interrupts, row TLB: all CPUs and processes",
    "call_interrupts_all": "/proc/interrupts, row CAL: all CPUs and processes",
}
PAUSE = "_in_pause"
TOUCHED = "memory_touched"


@dataclass(frozen=True)
class Quantity:
    """How much of a quantity one operation has, or why that isn't known."""

    quantity: str
    per_operation: float | None
    source: str
    reason: str = ""


@dataclass(frozen=True)
class Known:
    """The events that this kernel and this CPU have."""

    events: tuple[Event, ...]
    tracepoints: frozenset[str]
    cycles: bool = False  # whether the CPU's cycle counter can trigger samples


def known(traced: tuple[str, ...]) -> Known:
    """Return the events that can be counted; look up the tracepoints named in `traced` too."""
    import json  # noqa: PLC0415

    names = sorted({*events.tracepoints(), *traced})
    try:
        found = json.loads(checked((*TRACEFS, "ids", *names), IDS_TIMEOUT, "reading tracefs"))
        reason, numbers = str(found["reason"]), dict(found["numbers"])
    except (ProgramError, ValueError, LookupError, TypeError) as error:
        reason, numbers = str(error), {}
    counted = [_numbered(event, numbers, reason) for event in events.TRACEPOINTS]
    others = (*events.SOFTWARE_EVENTS, *events.hardware_events())
    cycles = (
        "core_cycles" not in Counters([e for e in others if e.quantity == "core_cycles"]).missing
    )
    return Known((*counted, *others), frozenset(numbers), cycles)


def _numbered(event: Event, numbers: Mapping[str, int], reason: str) -> Event:
    if event.tracepoint in numbers:
        return replace(event, config=int(numbers[event.tracepoint]))
    missing = reason or f"this kernel has no tracepoint {event.tracepoint}"
    return replace(event, reason=missing)


def quantities(
    counted: Mapping[str, Any], loops: int, inner_loops: int, asked: tuple[Event, ...]
) -> Iterator[Quantity]:
    """Yield what was counted, per operation.

    An event's count is the difference between many loops and one: what happens once for all loops
    belongs to no operation. Interrupts and memory are counted without such a difference.
    """
    operations = (loops - 1) * inner_loops * counted["members"]
    for event in asked:
        one, many = (counted[which].get(event.quantity) for which in ("one", "many"))
        if one is None or many is None or not operations:
            reason = counted["missing"].get(event.quantity) or event.reason
            reason = reason or "other programs had the CPU's counters all the time"
            yield Quantity(event.quantity, None, event.source, reason)
        else:
            source = _source(event, counted)
            yield Quantity(event.quantity, (many - one) / operations, source)
    yield from _interrupts(counted, loops * inner_loops * counted["members"])
    touched = counted["touched"]
    source = "pages with the accessed bit set, /proc/PID/clear_refs and smaps_rollup"
    reason = "" if touched is not None else "/proc/self/clear_refs can't be used here"
    yield Quantity(TOUCHED, touched, source, reason)


def _source(event: Event, counted: Mapping[str, Any]) -> str:
    if event.quantity in counted["missing"]:
        return "getrusage of the calling thread"
    return event.source + (", user mode only" if event.quantity in counted["user_only"] else "")


def _interrupts(counted: Mapping[str, Any], operations: int) -> Iterator[Quantity]:
    for name in INTERRUPTS:
        for ending, where in (("", "interrupts"), (PAUSE, "interrupts_in_pause")):
            found = counted[where].get(name)
            source = ROWS[name] + (", in a pause as long as the loops" if ending else "")
            if found is None:
                yield Quantity(name + ending, None, source, "/proc/interrupts has no such row")
            else:
                yield Quantity(name + ending, found / operations, source)


def value_of(found: list[Quantity], quantity: str) -> float | None:
    """Return how much of a quantity one operation has, or None if not known."""
    return next((each.per_operation for each in found if each.quantity == quantity), None)
