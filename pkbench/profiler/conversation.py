"""Control the profiled process: send it one request at a time and wait for each answer."""

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from pkbench.profiler.events import Event
from pkbench.run.child import Child, ChildError

COMMAND = (sys.executable, "-P", "-m", "pkbench.profiler.subject")

# Killed, but not gone yet: the kernel takes half a second to release a case's tracepoints.
_ending: list[Child] = []


def wait_for_ends() -> None:
    """Wait until no process of an earlier case is left: active tracepoints slow down everything."""
    while _ending:
        _ending.pop().wait()


class NoAnswer(Exception):
    """The case was skipped or failed, or its process did; holds the state and the reason."""

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


class Conversation:
    """A case, opened and verified in a process of its own, with everything that it started."""

    def __init__(self, case: str, events: Sequence[Event], timeout: float) -> None:
        """Start the process and open the case in it.

        `timeout` is how many seconds each answer may take. Raise NoAnswer where the case can't be
        opened.
        """
        self._timeout = timeout
        try:
            self._child = Child(COMMAND, "the profiled process")
        except ChildError as error:
            raise NoAnswer("failed", str(error)) from None
        try:
            self.open(case, events)
        except BaseException:
            self._end()
            raise

    def open(self, case: str, events: Sequence[Event]) -> None:
        """Open and verify a case, again where one is open: its threads inherit the events."""
        self.opened = self.ask("open", case=case, events=[vars(event) for event in events])

    def ask(self, what: str, **details: Any) -> dict[str, Any]:
        """Return the answer to a request; raise NoAnswer where the case can't answer it."""
        self._send({"do": what, **details})
        return self._answer()

    def begin(self, loops: int, at_most: float) -> None:
        """Repeat the operation until `end`, or for `at_most` seconds."""
        self._send({"do": "run", "loops": loops, "at_most": at_most})
        self._receive()

    def end(self) -> dict[str, Any]:
        """End what `begin` began; return its answer."""
        self._send({})
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        answer = self._receive()
        if answer.get("state") != "measured":
            raise NoAnswer(str(answer.get("state")), str(answer.get("reason")))
        return answer

    def _send(self, request: dict[str, Any]) -> None:
        try:
            self._child.send(request)
        except ChildError as error:
            raise NoAnswer("failed", str(error)) from None

    def _receive(self) -> dict[str, Any]:
        try:
            return self._child.receive(self._timeout)
        except ChildError as error:
            raise NoAnswer("failed", str(error)) from None

    def _end(self) -> None:
        self._child.kill()
        self._child.close()
        _ending.append(self._child)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()
