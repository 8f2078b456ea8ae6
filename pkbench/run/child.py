"""Start worker processes, and say how each of their tasks ended."""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple, Self

# -P: the installed package is meant, not a folder of the same name that we happen to be in.
COMMAND = (sys.executable, "-P", "-m", "pkbench.worker.process")
LONGEST_ANSWER = 1 << 24  # bytes; a worker that says more says nonsense
SECONDS_TO_EXIT = 10  # after its last answer
STATES = ("measured", "skipped", "failed")


@dataclass(frozen=True)
class Task:
    """What a worker is to do for one case, and how long that may take at most."""

    case: str
    request: dict[str, Any]
    timeout: float


@dataclass(frozen=True)
class Outcome:
    """How one task ended."""

    case: str
    state: str  # measured, skipped or failed
    reason: str  # why not measured
    document: dict[str, Any] = field(default_factory=dict)  # the answer, where it was measured
    proving: float = 0.0  # seconds of the case's own set-up and proofs
    preparing: float = 0.0  # seconds in which it put its state back between timed loops
    timed: float = 0.0  # seconds in timed loops and their chains


def calibrate(case: str, value_seconds: float, timeout: float) -> Task:
    """Have the loops of one case found; the document then holds loops, timed and elapsed."""
    return Task(case, {"case": case, "value_seconds": value_seconds}, timeout)


class Amount(NamedTuple):
    """How much of one case a worker is to measure."""

    loops: int
    piece_loops: int  # after which to look whether anybody else is on the core; 0: not at all
    values: int  # with nobody else on the core
    most_values: int  # in all, where others are on the core
    warmups: int


def measure(case: str, amount: Amount, best_nop_cycles: float, timeout: float) -> Task:
    """Have one case measured; the document then is a pyperf run.

    `best_nop_cycles` is what a core that is ours alone takes for a no-op, as far as known; or 0.
    """
    request = {"case": case, **amount._asdict(), "best_nop_cycles": best_nop_cycles}
    return Task(case, request, timeout)


def work(tasks: Sequence[Task]) -> Generator[Outcome]:
    """Have tasks done in one process, in order; in a fresh one after each that ended its own."""
    left = list(tasks)
    while left:
        try:
            worker = _Worker(left)
        except OSError as error:
            reason = f"no worker could be started: {error.strerror}"
            yield Outcome(left.pop(0).case, "failed", reason)
            continue
        with worker:
            while left and not worker.ended:
                yield worker.outcome(left.pop(0))


class _Worker:
    """A process that answers each of its tasks by a line."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.ended = False
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        self._answers, end = os.pipe()
        self._read = b""
        with tempfile.TemporaryFile() as requests:
            requests.write(json.dumps([task.request for task in tasks]).encode())
            requests.seek(0)
            try:
                self._process = subprocess.Popen(
                    COMMAND, stdin=requests, stdout=end, stderr=self._said
                )
            except OSError:
                self._close()
                raise
            finally:
                os.close(end)

    def outcome(self, task: Task) -> Outcome:
        """Wait for the answer to a task, the next in order."""
        try:
            line = self._line(time.monotonic() + task.timeout)
        except TimeoutError:
            self._end()
            reason = f"it took longer than {task.timeout:.0f} s and was ended"
            return Outcome(task.case, "failed", reason)
        if not line:
            self.ended = True
            return Outcome(task.case, "failed", self._why_it_ended(self._process.wait()))
        try:
            return _judge(task.case, json.loads(line))
        except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
            self._end()
            return Outcome(task.case, "failed", f"the worker's answer can't be used: {error}")

    def _line(self, deadline: float) -> bytes:
        """Return the next line, or what is left at the end; raise TimeoutError when it is late."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            while b"\n" not in self._read and len(self._read) < LONGEST_ANSWER:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError
                found = os.read(self._answers, 1 << 16)
                if not found:
                    break
                self._read += found
        line, _, self._read = self._read.partition(b"\n")
        return line

    def _why_it_ended(self, code: int) -> str:
        self._said.seek(0)
        last = self._said.read().decode(errors="replace").strip().rpartition("\n")[2]
        if code < 0:
            return f"the worker was ended by {_signal(-code)}"
        return f"the worker exited with {code}: {last or 'no message'}"

    def _end(self) -> None:
        self.ended = True
        self._process.kill()

    def _close(self) -> None:
        os.close(self._answers)
        self._said.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._process.kill()
        try:
            self._process.wait(SECONDS_TO_EXIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close()


def _judge(case: str, answer: dict[str, Any]) -> Outcome:
    """Return an answer as an outcome; one of Python's own errors where it is none."""
    if answer["case"] != case:
        raise ValueError(f"it is about {answer['case']!r}")
    state, reason = answer["state"], answer["reason"]
    if state not in STATES or not isinstance(reason, str):
        raise ValueError(f"it ends in the state {state!r}")
    if state != "measured":
        return Outcome(case, state, reason)
    document = answer["document"]
    seconds = [float(answer[what]) for what in ("proving", "preparing", "timed")]
    if not isinstance(document, dict):
        raise TypeError("it holds no object")
    return Outcome(case, state, "", document, *seconds)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
