"""Trace one operation of several threads: which thread called, was interrupted or waited when."""

import re
import statistics
from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from pkbench.profiler.conversation import Conversation
from pkbench.profiler.perf import sampling
from pkbench.profiler.processes import ProgramError

SECONDS = 0.05  # of tracing: thousands of operations
MOST_EVENTS = 200_000
MOST_PARTS = 400  # in one timeline
# Events that begin and end, and the kind of part between them.
SPANS = {
    "raw_syscalls:sys": "system call",
    "csd:csd_function": "flush or other call",
    "irq_vectors:call_function": "interrupt",
    "irq_vectors:call_function_single": "interrupt",
}
BEGINS, ENDS = ("_enter", "_entry"), "_exit"
MARKS = ("tlb:tlb_flush", "csd:csd_queue_cpu", "exceptions:page_fault_user", "sched:sched_switch")
EVENTS = (
    *("raw_syscalls:sys_enter", "raw_syscalls:sys_exit"),
    *("csd:csd_function_entry", "csd:csd_function_exit"),
    *("irq_vectors:call_function_entry", "irq_vectors:call_function_exit"),
    *("irq_vectors:call_function_single_entry", "irq_vectors:call_function_single_exit"),
    *MARKS,
)
LINE = re.compile(r"\s*(\d+) \[(\d+)\]\s+(\d+)\.(\d{9}):\s+(\w+:\w+):\s*(.*)")
REASON = re.compile(r"reason:(.+) \(\d+\)")


@dataclass(frozen=True)
class Occurrence:
    """One event of one thread."""

    thread: int
    at: int  # nanoseconds
    event: str
    text: str


@dataclass(frozen=True)
class Part:
    """What one thread did from `start` to `end`; a mark where both are equal."""

    lane: int  # 0 is the calling thread
    start: int  # nanoseconds since the operation began
    end: int
    kind: str
    text: str = ""


@dataclass(frozen=True)
class Timeline:
    """One traced operation."""

    lanes: tuple[str, ...]
    nanoseconds: int
    system_calls: int  # that one operation makes
    operations: int  # that were traced; this is the median of those that involve other threads
    parts: tuple[Part, ...]


def trace(talk: Conversation, loops: int, known: AbstractSet[str], folder: Path) -> Path:
    """Trace the case for SECONDS with the tracepoints of `known`; return perf's recording.

    Raise ProgramError where system calls can't be traced or perf fails.
    """
    data = folder / "trace.data"
    wanted = tuple(f"-e{event}" for event in EVENTS if event in known)
    if "-eraw_syscalls:sys_enter" not in wanted:
        raise ProgramError("system calls can't be traced here, so operations can't be told apart")
    sampling.record(talk, loops, SECONDS, data, ("-c1", *wanted))
    return data


def read(data: Path, caller: int, system_calls: float) -> Timeline:
    """Return a typical operation of a recording; it makes `system_calls` system calls.

    `caller` is the calling thread. Raise ProgramError where no operation can be found.
    """
    per_operation = round(system_calls)
    if per_operation < 1:
        raise ProgramError("one operation makes no system call: there is no timeline")
    text = sampling.script(data, "tid,cpu,time,event,trace", "--ns")
    return choose(list(parse(text)), caller, per_operation)


def parse(text: str) -> Iterator[Occurrence]:
    """Yield the events that `perf script` printed; raise ProgramError for anything else."""
    for number, line in enumerate(filter(str.strip, text.splitlines())):
        found = LINE.fullmatch(line)
        if found is None:
            raise ProgramError(
                f"perf script printed a line that is no event: {line.strip()[:60]!r}"
            )
        if number >= MOST_EVENTS:
            return
        thread, _cpu, seconds, nanoseconds, event, detail = found.groups()
        yield Occurrence(int(thread), int(seconds) * 10**9 + int(nanoseconds), event, detail)


def choose(occurrences: list[Occurrence], caller: int, per_operation: int) -> Timeline:
    """Return the median of the operations that involve other threads, or of all if none does."""
    ordered = sorted(occurrences, key=lambda each: each.at)
    bounds = list(_operations([each for each in ordered if each.thread == caller], per_operation))
    if not bounds:
        raise ProgramError("no whole operation was traced")
    others = [each.at for each in ordered if each.thread != caller]
    taken_part = [each for each in bounds if _any_between(others, *each)] or bounds
    typical = statistics.median_low([end - start for start, end in taken_part])
    start, end = next(each for each in taken_part if each[1] - each[0] == typical)
    within = [each for each in ordered if start <= each.at <= end]
    threads = [caller, *sorted({each.thread for each in within} - {caller})]
    parts = tuple(_parts(within, threads, start, end))
    names = ("calling thread", *(f"thread {place}" for place in range(2, len(threads) + 1)))
    return Timeline(names, end - start, per_operation, len(bounds), parts[:MOST_PARTS])


def _operations(calls: list[Occurrence], each: int) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each operation; it makes `each` system calls.

    The timed loop makes the most frequent system call. A value begins with the first call of an
    operation.
    """
    entered = [event for event in calls if event.event == "raw_syscalls:sys_enter"]
    left = [event.at for event in calls if event.event == "raw_syscalls:sys_exit"]
    if not entered:
        return
    number = Counter(_number(event) for event in entered).most_common(1)[0][0]
    runs: list[list[int]] = [[]]
    for event in entered:
        if _number(event) == number:
            runs[-1].append(event.at)
        elif runs[-1]:
            runs.append([])
    # The first value may have begun before the trace, but it ends with an operation.
    begun = _number(entered[0]) == number and len(runs) > 1
    for which, run in enumerate(runs):
        first = len(run) % each if begun and which == 0 else 0
        for place in range(first, len(run) - each, each):
            until = run[place + each]
            ends = _between(left, run[place + each - 1], until)
            if ends:
                yield run[place], ends[-1]


def _number(event: Occurrence) -> str:
    return event.text.split("(")[0]


def _between(times: list[int], start: int, end: int) -> list[int]:
    from bisect import bisect_left, bisect_right  # noqa: PLC0415

    return times[bisect_left(times, start) : bisect_right(times, end)]


def _any_between(times: list[int], start: int, end: int) -> bool:
    return bool(_between(times, start, end))


def _parts(within: list[Occurrence], threads: list[int], start: int, end: int) -> Iterator[Part]:
    spans = [
        part
        for lane, thread in enumerate(threads)
        for part in _of_thread([each for each in within if each.thread == thread], lane, start, end)
    ]
    yield from spans
    yield from _waits(spans)


def _of_thread(events: list[Occurrence], lane: int, start: int, end: int) -> Iterator[Part]:
    begun: dict[str, Occurrence] = {}
    for each in events:
        family, _, ending = each.event.rpartition("_")
        if each.event in MARKS:
            yield Part(lane, each.at - start, each.at - start, _mark(each), each.text)
        elif f"_{ending}" in BEGINS:
            begun[family] = each
        elif f"_{ending}" == ENDS:
            first = begun.pop(family, None)
            since = first.at if first else start
            kind = SPANS.get(family, family)
            yield Part(lane, since - start, each.at - start, kind, first.text if first else "")
    for family, first in begun.items():
        yield Part(lane, first.at - start, end - start, SPANS.get(family, family), first.text)


def _mark(event: Occurrence) -> str:
    if event.event == "tlb:tlb_flush":
        found = REASON.search(event.text)
        return f"TLB flush: {found[1]}" if found else "TLB flush"
    return {
        "csd:csd_queue_cpu": "asks another CPU",
        "exceptions:page_fault_user": "page fault",
        "sched:sched_switch": "leaves the CPU",
    }[event.event]


def _waits(parts: list[Part]) -> Iterator[Part]:
    """Yield the caller's waits: from the end of its own work after a request to the last answer."""
    asked = [part.end for part in parts if part.lane == 0 and part.kind == "asks another CPU"]
    answers = [part for part in parts if part.lane and part.kind == "flush or other call"]
    own = [part for part in parts if part.lane == 0 and part.kind == "flush or other call"]
    for place, at in enumerate(asked):
        until = asked[place + 1] if place + 1 < len(asked) else max(part.end for part in parts)
        answered = [part.end for part in answers if at < part.end <= until]
        busy = max((part.end for part in own if at < part.end <= until), default=at)
        if answered and max(answered) > busy:
            yield Part(0, busy, max(answered), "waiting for the answer")
