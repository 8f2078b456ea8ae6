"""Talk with the process that is profiled: a line each way, none of which is waited for forever."""

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Any, Self, cast

from pkbench.profiler.events import Event
from pkbench.profiler.processes import end_group, kill_group, last_words

# Killed, but not gone yet: the kernel takes half a second to let go of a case's tracepoints.
_ending: list["subprocess.Popen[bytes]"] = []
COMMAND = (sys.executable, "-P", "-m", "pkbench.profiler.subject")
LONGEST_ANSWER = 1 << 20  # bytes
Answer = dict[str, Any]


def wait_for_ends() -> None:
    """Wait until nothing of earlier cases is left: tracepoints that are on slow down all."""
    while _ending:
        _ending.pop().wait()


class NoAnswer(Exception):
    """The case was skipped or failed, or its process did; holds the state and the reason."""

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


class Conversation:
    """A case, open and proved in a process of its own, with everything that it started."""

    def __init__(self, case: str, events: Sequence[Event], timeout: float) -> None:
        self._timeout = timeout
        self._read = b""
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        try:
            self._process = subprocess.Popen(
                COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                start_new_session=True,
            )
        except OSError as error:
            self._said.close()
            raise NoAnswer("failed", f"no process could be started: {error.strerror}") from None
        self._tasks = cast(IO[bytes], self._process.stdin)
        self._answers = cast(IO[bytes], self._process.stdout)
        try:
            self.open(case, events)
        except BaseException:
            self._end()
            raise

    def open(self, case: str, events: Sequence[Event]) -> None:
        """Have a case opened and proved, anew where one is open: its threads inherit the events."""
        self.opened = self.ask("open", case=case, events=[vars(event) for event in events])

    def ask(self, what: str, **details: Any) -> Answer:
        """Have something done and return the answer; NoAnswer where the case doesn't do it."""
        self._say({"do": what, **details})
        return self.answer()

    def begin(self, loops: int, at_most: float) -> None:
        """Have the operation repeated, until `end`."""
        self._say({"do": "run", "loops": loops, "at_most": at_most})
        self._next()

    def end(self) -> Answer:
        """End what `begin` began; return what it says."""
        self._say({})
        return self.answer()

    def answer(self) -> Answer:
        """Return the next answer; NoAnswer where there is none or it is a reason."""
        answer = self._next()
        if answer.get("state") != "measured":
            raise NoAnswer(str(answer.get("state")), str(answer.get("reason")))
        return answer

    def _say(self, task: Answer) -> None:
        try:
            self._tasks.write(json.dumps(task).encode() + b"\n")
            self._tasks.flush()
        except BrokenPipeError:
            raise self._gone() from None

    def _next(self) -> Answer:
        output = self._answers.fileno()
        deadline = time.monotonic() + self._timeout
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while b"\n" not in self._read:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise NoAnswer(
                        "failed", f"it took longer than {self._timeout:.0f} s and was ended"
                    )
                found = os.read(output, 1 << 16)
                if not found or len(self._read) > LONGEST_ANSWER:
                    raise self._gone()
                self._read += found
        line, _, self._read = self._read.partition(b"\n")
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise NoAnswer("failed", "the profiled process's answer can't be used")
        return answer

    def _gone(self) -> NoAnswer:
        end_group(self._process)
        code = self._process.returncode
        how = f"exited with {code}" if code >= 0 else f"was ended by signal {-code}"
        said = last_words(self._said.fileno()) or "no message"
        return NoAnswer("failed", f"the profiled process {how}: {said}")

    def _end(self) -> None:
        kill_group(self._process)
        _ending.append(self._process)
        for pipe in (self._tasks, self._answers):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self._said.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()
