"""Start worker processes, and report how each of their tasks ended."""

import sys
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pkbench.run.child import Child, ChildError

# -P: import the installed package, not a folder of the same name in the current directory.
COMMAND = (sys.executable, "-P", "-m", "pkbench.worker.process")
SECONDS_TO_EXIT = 10  # after the last answer
STATES = ("measured", "skipped", "failed")


@dataclass(frozen=True)
class Task:
    """What a worker is to do for one case."""

    case: str
    request: dict[str, Any]
    timeout: float  # seconds


@dataclass(frozen=True)
class Outcome:
    """How one task ended."""

    case: str
    state: str  # measured, skipped or failed
    reason: str  # why it was not measured, or ""
    document: dict[str, Any] = field(default_factory=dict)  # the answer, where it was measured
    setup_seconds: float = 0.0  # to set up and verify the case
    preparing_seconds: float = 0.0  # to restore the case's state between timed loops
    timed_seconds: float = 0.0  # in timed loops and core-clock calibrations


class Amount(NamedTuple):
    """How much of one case a worker is to measure."""

    loops: int
    piece_loops: int  # loops between two checks for SMT contention; 0: no checks
    values: int  # uncontended ones
    most_values: int  # in all, contended ones included
    warmups: int


def calibrate(case: str, value_seconds: float, timeout: float) -> Task:
    """Return the task of finding a case's loops.

    Its document holds `loops`, and `timed_seconds` and `elapsed_seconds` of one value.
    """
    return Task(case, {"case": case, "value_seconds": value_seconds}, timeout)


def measure(case: str, amount: Amount, best_nop_cycles: float, timeout: float) -> Task:
    """Return the task of measuring a case; its document is a pyperf run.

    `best_nop_cycles` are the core cycles of a no-op on an uncontended core, or 0 if not yet known.
    """
    request = {"case": case, **amount._asdict(), "best_nop_cycles": best_nop_cycles}
    return Task(case, request, timeout)


def work(tasks: Sequence[Task]) -> Generator[Outcome]:
    """Yield the outcome of each task, in order.

    One process does them all. A task that ends its process fails, and a fresh process does the
    rest.
    """
    left = list(tasks)
    while left:
        try:
            child = Child(COMMAND, "the worker", [task.request for task in left])
        except ChildError as error:
            yield Outcome(left.pop(0).case, "failed", str(error))
            continue
        try:
            while left and not child.ended:
                yield _outcome(child, left.pop(0))
        except BaseException:
            child.kill()
            raise
        finally:
            child.wait(SECONDS_TO_EXIT)
            child.close()


def _outcome(child: Child, task: Task) -> Outcome:
    """Wait for the answer to a task, the next in order."""
    try:
        answer = child.receive(task.timeout)
        try:
            return _checked(task.case, answer)
        except (LookupError, TypeError, ValueError) as error:
            raise child.unusable(str(error)) from None
    except ChildError as error:
        return Outcome(task.case, "failed", str(error))


def _checked(case: str, answer: dict[str, Any]) -> Outcome:
    """Return an answer as an outcome; raise one of Python's own errors where it isn't valid."""
    if answer["case"] != case:
        raise ValueError(f"it is about {answer['case']!r}")
    state, reason = answer["state"], answer["reason"]
    if state not in STATES or not isinstance(reason, str):
        raise ValueError(f"its state is {state!r}")
    if state != "measured":
        return Outcome(case, state, reason)
    document = answer["document"]
    if not isinstance(document, dict):
        raise TypeError("its document is no object")
    names = ("setup_seconds", "preparing_seconds", "timed_seconds")
    return Outcome(case, state, "", document, *(float(answer[name]) for name in names))
