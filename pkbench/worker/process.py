"""One worker process: measures a parcel of cases, one after the other, a line of JSON each.

What cases share a process pay its start once, and are paired: they had the same minute of the
same machine. A case leaves nothing behind that the next could meet; the tests see to that.
"""

import functools
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from pkbench.cases.catalogue import Case, parse_case
from pkbench.worker import smt_contention
from pkbench.worker.core_clock import chain
from pkbench.worker.event_counters import event_counters
from pkbench.worker.kernel_counters import kernel_counters
from pkbench.worker.session import (
    CaseFailed,
    CaseSkipped,
    Session,
    clock_precision,
    end_with_parent,
)
from pkbench.worker.values import Values

# A value whose untimed part is this many times longer than its timed part is long enough.
UNTIMED_RATIO = 10
LOOPS_MAX = 2**40
# Readings of the core by a process that doesn't know how fast it is alone: 30 ms.
MOMENTS = 100
# A piece of a value lasts at least so many steps of the clock.
CLOCK_STEPS = 1000

Task = dict[str, Any]
Answer = dict[str, Any]


def calibrate(session: Session, task: Task) -> Answer:
    """Return how many loops make a value last as long as asked for, and how long one takes."""
    seconds = task["value_seconds"]
    loops = 1
    while True:
        timed, elapsed = _shortest(session, loops, seconds)
        if _long_enough(timed, elapsed, seconds) or loops >= LOOPS_MAX:
            return {"loops": loops, "timed": timed, "elapsed": elapsed}
        loops *= 2


def _shortest(session: Session, loops: int, seconds: float) -> tuple[float, float]:
    """Return the timed and all seconds of one value: of three, where the first seems long enough.

    One value may have been interrupted, and would pass for long enough with far too few loops.
    """
    pairs = []
    for _ in range(3):
        began = time.monotonic()
        timed = float(session.measure(loops).seconds)
        pairs.append((timed, time.monotonic() - began))
        if not _long_enough(*pairs[0], seconds):
            break
    return min(pairs)


def _long_enough(timed: float, elapsed: float, seconds: float) -> bool:
    return timed >= seconds or elapsed >= UNTIMED_RATIO * seconds


def measure(session: Session, task: Task) -> Answer:
    """Return the values of one process as a pyperf run, with what was read beside each."""
    loops, inner_loops = task["loops"], session.case.benchmark.inner_loops
    operations = loops * inner_loops
    process = _process()
    piece_loops = task["piece_loops"] if process.tells_pieces else 0
    best = (task["best_nop_cycles"] or process.best_nop_cycles) if piece_loops else 0.0
    warmups = [session.measure(loops).seconds / operations for _ in range(task["warmups"])]
    values = Values(session, loops, piece_loops, kernel_counters(), event_counters())
    values.take(task["values"], task["most_values"], best)
    own = {"name": session.case.name, "unit": "second", "loops": loops, "inner_loops": inner_loops}
    pieces = {"pkbench_piece_loops": piece_loops} if piece_loops else {}
    return {
        "metadata": {**process.metadata(), **own, **pieces, **values.metadata()},
        "warmups": [[loops, warmup] for warmup in warmups],
        "values": values.seconds,
    }


class Process:
    """What is the same for all cases of this process, and takes time to find out."""

    def __init__(self) -> None:
        self._step, self._read = clock_precision()

    @property
    def tells_pieces(self) -> bool:
        """Tell whether the clock is fine enough for a piece of a value."""
        return 0 < self._step * CLOCK_STEPS <= smt_contention.PIECE_SECONDS

    @functools.cached_property
    def best_nop_cycles(self) -> float:
        """Return the cycles of a no-op on the CPU that the case is bound to, were that alone.

        Where the chains hardly ever agree, as little crowded as it seems to be.
        """
        looks = [chain(branches=False) for _ in range(MOMENTS)]
        return smt_contention.best(
            smt_contention.reading(look.nop_cycles, look.add_seconds, look.multiply_seconds)
            for look in looks
        ) or smt_contention.best((look.nop_cycles, True) for look in looks)

    def metadata(self) -> dict[str, Any]:
        """Return what stands beside each of its runs."""
        return {
            "pkbench_clock_resolution": self._step,
            "pkbench_clock_read": self._read,
            "cpu_affinity": ",".join(map(str, sorted(os.sched_getaffinity(0)))),
            "mem_max_rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }


@functools.cache
def _process() -> Process:
    return Process()


def answer(task: Task) -> Answer:
    """Do what one task asks for; say how it ended."""
    work: Callable[[Session, Task], Answer] = measure if task.get("loops") else calibrate
    try:
        case = parse_case(task["case"])
        return {"state": "measured", "reason": "", **_proved(case, work, task)}
    except CaseSkipped as reason:
        return {"state": "skipped", "reason": str(reason)}
    except CaseFailed as reason:
        return {"state": "failed", "reason": str(reason)}


def _proved(case: Case, work: Callable[[Session, Task], Answer], task: Task) -> Answer:
    """Prove the case, do the work, and prove it again now that it has been timed."""
    began = time.monotonic()
    with Session(case) as session:
        session.verify()
        ready = time.monotonic()
        found = work(session, task)
        worked = time.monotonic()
        session.verify()
    proving = time.monotonic() - began - (worked - ready)
    timed, preparing = session.timed_seconds, session.preparing_seconds
    return {"document": found, "proving": proving, "preparing": preparing, "timed": timed}


def main() -> None:
    """Answer the tasks on standard input."""
    end_with_parent()
    for task in json.load(sys.stdin):
        sys.stdout.write(json.dumps({"case": task["case"], **answer(task)}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
