"""The profiled process: does what each line of JSON asks for with one case."""

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pkbench.cases.catalogue import parse_case
from pkbench.profiler.counters import Counters
from pkbench.profiler.events import Event
from pkbench.worker import process
from pkbench.worker.kernel_counters import KernelCounters
from pkbench.worker.session import (
    CaseFailed,
    CaseSkipped,
    Session,
    count_own_events,
    end_with_parent,
)

Message = dict[str, Any]
INTERRUPTS = {
    "tlb_shootdown_interrupts": "tlb_shootdowns",
    "call_interrupts_all": "function_call_interrupts",
}
# Counts of the calling thread that need no events: getrusage(2).
USAGE = {
    "context_switches": ("voluntary_switches", "involuntary_switches"),
    "minor_faults": ("minor_faults",),
    "major_faults": ("major_faults",),
}
EMPTY = "instruction/empty-loop"


class Subject:
    """An open, verified case, and the events that count it."""

    def __init__(self, task: Message) -> None:
        events = [Event(**event) for event in task["events"]]
        self._counters = Counters(events)
        if events:
            count_own_events()
        self.session = Session(parse_case(task["case"]))
        try:
            self.session.verify()
        except BaseException:
            self.session.close()
            raise

    def opened(self, _task: Message) -> Message:
        """Return the case's functions and processes, and why some events aren't counted."""
        benchmark = self.session.case.benchmark
        base, file = _native_module()
        return {
            "functions": {name: at - base for name, at in benchmark.functions.items()},
            "module": file,
            "base": base,
            "processes": sorted({os.getpid(), *_descendants(os.getpid())}),
            "inner_loops": benchmark.inner_loops,
            "times_itself": benchmark.times_itself,
            "prepares": self.session.case.prepares,
            "missing": self._counters.missing,
        }

    def time(self, task: Message) -> Message:
        """Return the seconds per operation of some values; find their loops if not given."""
        loops = task["loops"] or process.calibrate(self.session, task)["loops"]
        values = [self._seconds(loops) for _ in range(task["values"])]
        return {"loops": loops, "values": values}

    def _seconds(self, loops: int) -> float:
        value = self.session.measure(loops)
        return float(value.seconds) / (loops * self.session.case.benchmark.inner_loops)

    def run(self, task: Message) -> Message:
        """Repeat the operation until a line arrives; return the seconds per operation."""
        loops, values = task["loops"], []
        sys.stdout.write('{"running": true}\n')
        sys.stdout.flush()
        deadline = time.monotonic() + task["at_most"]
        while time.monotonic() < deadline and not _input_waits():
            values.append(self._seconds(loops))
        return {"values": values[-1000:]}

    def count(self, task: Message) -> Message:
        """Count one loop, then many: what happens once for all loops belongs to no operation."""
        one, _ = self._counted(1)
        interrupts = KernelCounters(longest=float("inf"))
        before, began = interrupts.read(), time.monotonic()
        many, members = self._counted(task["loops"])
        seconds = time.monotonic() - began
        after = interrupts.read()
        time.sleep(seconds)
        later = interrupts.read()
        return {
            "one": one,
            "many": many,
            "members": members,
            "seconds": seconds,
            "interrupts": _rows(before.interrupts, after.interrupts),
            "interrupts_in_pause": _rows(after.interrupts, later.interrupts),
            "touched": self._touched(),
            "missing": self._counters.missing,
            "user_only": sorted(self._counters.user_only),
        }

    def _counted(self, loops: int) -> tuple[dict[str, float], int]:
        before = self._counters.read()
        value = self.session.measure(loops)
        after = self._counters.read()
        usage = {name: float(sum(getattr(value, each) for each in USAGE[name])) for name in USAGE}
        counted = {name: after[name] - before[name] for name in before.keys() & after.keys()}
        found = usage | counted
        if "system_calls" in found:
            batch = self.session.batch
            found["system_calls"] -= -(-loops // batch) if batch else 1  # of pk_counters_follow
        return found, int(value.members)

    def _touched(self) -> int | None:
        """Return how many bytes one loop accesses, net of an empty loop; None if not known.

        Counted by the accessed bits of pages (proc(5), clear_refs).
        """
        try:
            with Session(parse_case(EMPTY)) as empty:
                idle = _touched_by(empty)
            return _touched_by(self.session) - idle
        except (OSError, ValueError):
            return None

    def close(self, _task: Message) -> Message:
        """Verify the case again."""
        self.session.verify()
        return {}


def _input_waits() -> bool:
    import select  # noqa: PLC0415 - the other tasks do without

    return bool(select.select([0], [], [], 0)[0])


def _rows(before: Any, after: Any) -> dict[str, int]:
    return {
        name: after[row] - before[row]
        for name, row in INTERRUPTS.items()
        if row in before and row in after
    }


def _touched_by(session: Session) -> int:
    """Return how many bytes one loop and its call access: the least of several tries.

    A try accesses more if the interpreter collects garbage meanwhile.
    """
    forget = os.open("/proc/self/clear_refs", os.O_WRONLY | os.O_CLOEXEC)
    touched = os.open("/proc/self/smaps_rollup", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return min(_touched_once(session, forget, touched) for _ in range(5))
    finally:
        os.close(forget)
        os.close(touched)


def _touched_once(session: Session, forget: int, touched: int) -> int:
    os.write(forget, b"1")
    os.write(forget, b"4")  # flushes the TLB: cached translations would set no bit
    session.measure(1)
    found = re.search(rb"^Referenced: +(\d+) kB$", os.pread(touched, 1 << 14, 0), re.MULTILINE)
    if found is None:
        raise ValueError("smaps_rollup has no line Referenced")
    return int(found[1]) * 1024


def _native_module() -> tuple[int, str]:
    """Return the native module's address in this process, and its file."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and "/_native." in fields[5] and int(fields[2], 16) == 0:
            return int(fields[0].partition("-")[0], 16), fields[5]
    return 0, ""


def _descendants(process: int) -> Iterator[int]:
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            yield child
            yield from _descendants(child)


def _answer(subject: Subject | None, task: Message) -> tuple[Subject | None, Message]:
    try:
        if subject is None:
            subject = Subject(task)
            return subject, {"state": "measured", "reason": "", **subject.opened(task)}
        work = {"time": subject.time, "run": subject.run, "count": subject.count}
        found = work.get(task["do"], subject.close)(task)
    except CaseSkipped as reason:
        return subject, {"state": "skipped", "reason": str(reason)}
    except CaseFailed as reason:
        return subject, {"state": "failed", "reason": str(reason)}
    else:
        return subject, {"state": "measured", "reason": "", **found}


def main() -> None:
    """Answer each line of standard input; the first must open a case."""
    end_with_parent()
    subject = None
    while line := _line():
        task = json.loads(line)
        if task:  # an empty one ends a run, and came after its end
            if task["do"] == "open" and subject is not None:
                subject.session.close()
                subject = None
            subject, answer = _answer(subject, task)
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
    if subject is not None:
        subject.session.close()


def _line() -> bytes:
    """Return a line. Read it byte by byte: what follows must stay in the pipe for select."""
    line = b""
    while not line.endswith(b"\n") and (found := os.read(0, 1)):
        line += found
    return line


if __name__ == "__main__":
    main()
