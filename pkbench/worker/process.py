"""One worker process: measure a batch of cases, one after the other, a line of JSON each.

The cases of a batch share the cost of starting a process. They are paired too: they ran in the same
minute on the same machine. A case must leave nothing behind that affects the next; the tests check
that.
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
from pkbench.worker.core_clock import calibrate_clock
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

# A value is long enough, however short its timed part, if its untimed part is this many times as
# long as the timed part should be.
UNTIMED_RATIO = 10
LOOPS_MAX = 2**40
# Core-clock calibrations by a process that wasn't told `best_nop_cycles`; they take 30 ms.
CALIBRATIONS = 100
# A piece of a value lasts at least this many steps of the clock.
CLOCK_STEPS = 1000

Task = dict[str, Any]
Document = dict[str, Any]


def calibrate(session: Session, task: Task) -> Document:
    """Return how many loops a value of `value_seconds` needs.

    With them come the timed seconds of such a value, and the seconds that it took in all.
    """
    seconds = task["value_seconds"]
    loops = 1
    while True:
        timed, elapsed = _shortest(session, loops, seconds)
        if _long_enough(timed, elapsed, seconds) or loops >= LOOPS_MAX:
            return {"loops": loops, "timed_seconds": timed, "elapsed_seconds": elapsed}
        loops *= 2


def _shortest(session: Session, loops: int, seconds: float) -> tuple[float, float]:
    """Return the timed and elapsed seconds of the shortest of three values, or of one short one.

    A single value may have been interrupted. It would seem long enough with far too few loops.
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


def measure(session: Session, task: Task) -> Document:
    """Return the values of one process as a pyperf run, with the readings taken with each value."""
    loops, inner_loops = task["loops"], session.case.benchmark.inner_loops
    operations = loops * inner_loops
    process = _process()
    piece_loops = task["piece_loops"] if process.can_time_pieces else 0
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
    def can_time_pieces(self) -> bool:
        """Return whether the clock is fine enough to time a piece of a value."""
        return 0 < self._step * CLOCK_STEPS <= smt_contention.PIECE_SECONDS

    @functools.cached_property
    def best_nop_cycles(self) -> float:
        """Return the core cycles of an uncontended no-op on the CPU that the case is bound to.

        If hardly any calibration is consistent, return what all of them suggest.
        """
        clocks = [calibrate_clock(branches=False) for _ in range(CALIBRATIONS)]
        return smt_contention.uncontended_cycles(
            (
                clock.nop_cycles,
                smt_contention.consistent(clock.add_seconds, clock.multiply_seconds),
            )
            for clock in clocks
        ) or smt_contention.uncontended_cycles((clock.nop_cycles, True) for clock in clocks)

    def metadata(self) -> dict[str, Any]:
        """Return the metadata that all runs of this process share."""
        return {
            "pkbench_clock_resolution": self._step,
            "pkbench_clock_read": self._read,
            "cpu_affinity": ",".join(map(str, sorted(os.sched_getaffinity(0)))),
            "mem_max_rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }


@functools.cache
def _process() -> Process:
    return Process()


def answer(task: Task) -> dict[str, Any]:
    """Do a task; return its state, the reason if it wasn't measured, and the document if it was."""
    work: Callable[[Session, Task], Document] = measure if task.get("loops") else calibrate
    try:
        case = parse_case(task["case"])
        return {"state": "measured", "reason": "", **_verified(case, work, task)}
    except CaseSkipped as reason:
        return {"state": "skipped", "reason": str(reason)}
    except CaseFailed as reason:
        return {"state": "failed", "reason": str(reason)}


def _verified(case: Case, work: Callable[[Session, Task], Document], task: Task) -> dict[str, Any]:
    """Do the work with a case that is verified before and after it."""
    began = time.monotonic()
    with Session(case) as session:
        session.verify()
        ready = time.monotonic()
        document = work(session, task)
        worked = time.monotonic()
        session.verify()
    return {
        "document": document,
        "setup_seconds": time.monotonic() - began - (worked - ready),
        "preparing_seconds": session.preparing_seconds,
        "timed_seconds": session.timed_seconds,
    }


def main() -> None:
    """Answer the tasks on standard input."""
    end_with_parent()
    for task in json.load(sys.stdin):
        sys.stdout.write(json.dumps({"case": task["case"], **answer(task)}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
