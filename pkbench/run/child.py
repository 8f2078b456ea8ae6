"""Run a child process that answers requests with lines of JSON, and never wait for it forever."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import IO, Any, cast

LONGEST_LINE = 1 << 24  # bytes; no answer is that long
LAST_WORDS = 300  # characters of a message that are kept


class ChildError(Exception):
    """There is no usable answer, and the child is dead; the message says why."""


class Child:
    """A process in a group of its own, with what it starts.

    It reads its requests from standard input and writes one JSON object a line to standard
    output. Its standard error is kept for the reason why it ended.
    """

    def __init__(
        self, command: Sequence[str], name: str, requests: list[dict[str, Any]] | None = None
    ) -> None:
        """Start the process; `name` is what messages call it.

        `requests` are all that it will get, as one JSON list. Without them, `send` sends one at a
        time. Raise ChildError where the process can't be started.
        """
        self.name = name
        self.ended = False  # killed, or gone by itself
        self._unread = bytearray()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `close`
        try:
            with contextlib.ExitStack() as opened:
                stdin: IO[bytes] | int = subprocess.PIPE
                if requests is not None:
                    stdin = opened.enter_context(tempfile.TemporaryFile())
                    stdin.write(json.dumps(requests).encode())
                    stdin.seek(0)
                # Not a session of its own: Linux would schedule it apart from ours (autogroup).
                self._process = subprocess.Popen(
                    command,
                    stdin=stdin,
                    stdout=subprocess.PIPE,
                    stderr=self._errors,
                    process_group=0,
                    bufsize=0,
                )
        except OSError as error:
            self._errors.close()
            raise ChildError(f"{name} could not be started: {error.strerror}") from None
        self._requests = cast(IO[bytes], self._process.stdin)  # None where all are sent
        self._answers = cast(IO[bytes], self._process.stdout)

    def send(self, request: dict[str, Any]) -> None:
        """Send one request; raise ChildError where the child has ended."""
        line = json.dumps(request).encode() + b"\n"
        try:
            while line:
                line = line[self._requests.write(line) :]
        except BrokenPipeError:
            raise self._ended() from None

    def receive(self, timeout: float) -> dict[str, Any]:
        """Return the next answer, an object.

        Raise ChildError where none comes within `timeout` seconds, where the child ends without
        one, or where it writes something else.
        """
        try:
            line = self._line(time.monotonic() + timeout)
        except TimeoutError:
            self.kill()
            raise ChildError(f"it took longer than {timeout:.0f} s and was ended") from None
        if not line:
            raise self._ended()
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise self.unusable(str(error)) from None
        if not isinstance(answer, dict):
            raise self.unusable("it is no object")
        return answer

    def unusable(self, reason: str) -> ChildError:
        """Kill the child for an answer that can't be used; return the error to raise."""
        self.kill()
        return ChildError(f"the answer of {self.name} can't be used: {reason}")

    def kill(self) -> None:
        """Kill the process and all that it started, without waiting for their end."""
        self.ended = True
        if self._process.returncode is None:  # else its number may be another's by now
            kill_group(self._process)

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the process has ended; kill it if that takes longer than `seconds`."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()

    def close(self) -> None:
        """Close our ends of its pipes, and the file of its errors."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._errors.close()

    def _line(self, deadline: float) -> bytes:
        """Return the next line, or the rest at the end; raise TimeoutError when it is late."""
        output = self._answers.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            complete = b"\n" in self._unread
            while not complete and len(self._unread) < LONGEST_LINE:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError
                found = os.read(output, 1 << 16)
                if not found:
                    break
                complete = b"\n" in found
                self._unread += found
        line, _, self._unread = self._unread.partition(b"\n")
        return bytes(line)

    def _ended(self) -> ChildError:
        """Return how the process ended, as the error to raise."""
        self.kill()  # it may have closed its output and live on
        code = self._process.wait()
        if code < 0:
            return ChildError(f"{self.name} was ended by {_signal(-code)}")
        reason = last_line(self._errors.fileno()) or "no message"
        return ChildError(f"{self.name} exited with {code}: {reason}")


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process that leads its group, and whatever it started, if any of it is left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def last_words(file: int) -> str:
    """Return the end of what a program wrote there, printable and on one line."""
    return _printable(" ".join(_end_of(file).split()))


def last_line(file: int) -> str:
    """Return the last line that a program wrote there, printable."""
    return _printable(_end_of(file).strip().rpartition("\n")[2])


def _end_of(file: int) -> str:
    size = os.fstat(file).st_size
    return os.pread(file, 4 * LAST_WORDS, max(0, size - 4 * LAST_WORDS)).decode(errors="replace")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[-LAST_WORDS:]


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
