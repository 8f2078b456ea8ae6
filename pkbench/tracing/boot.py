"""Boot a guest and log each instruction, controlled through QEMU's monitor."""

import json
import os
import select
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pkbench.count.emulator import Boot, EmulatorError

LOG = "trace"
STOP_PORT = 0x505  # as native/guest/trace.c has it
PIECE = 1 << 18
CHECK_EVERY_SECONDS = 0.05


class TracedBoot(Boot):
    """A guest that stops itself where a trace begins and where it ends."""

    def __enter__(self) -> Self:
        """Start QEMU with a monitor and with a log that goes through a pipe."""
        ours, theirs = socket.socketpair()
        self._monitor = Monitor(ours)
        self._inherited = (theirs.fileno(),)
        self._log = -1
        try:
            super().__enter__()
        finally:
            theirs.close()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill QEMU, whatever has happened."""
        super().__exit__(kind, error, trace)
        self._monitor.close()
        if self._log >= 0:
            os.close(self._log)

    def open_monitor(self) -> None:
        """Begin to receive the guest's stops."""
        self._monitor.greet()

    def trace(self, take: Callable[[Iterator[bytes]], None], patience_seconds: float) -> None:
        """Pass the log between the guest's next two stops to `take`, in pieces.

        `take` runs in a thread of its own. Raise EmulatorError where the guest doesn't stop.
        """
        self._monitor.wait_for("STOP", patience_seconds)
        ended = threading.Event()
        failed: list[BaseException] = []
        reader = threading.Thread(target=self._take, args=(take, ended, failed), daemon=True)
        reader.start()
        try:
            self._monitor.human(f"{self._one_instruction} on")
            self._monitor.human("log exec,nochain")
            self._monitor.ask("cont")
            self._monitor.wait_for("STOP", patience_seconds)
            self._monitor.human("log none")
            self._monitor.human(f"{self._one_instruction} off")
        finally:
            ended.set()
            reader.join()
        if failed:
            raise failed[0]
        self._monitor.ask("cont")

    @property
    def _one_instruction(self) -> str:
        """The command that makes QEMU translate, and so log, each instruction separately."""
        version = [int(part) for part in self._emulator.version.split(".")[:2] if part.isdigit()]
        return "one-insn-per-tb" if version >= [8, 1] else "singlestep"

    def _take(
        self,
        take: Callable[[Iterator[bytes]], None],
        ended: threading.Event,
        failed: list[BaseException],
    ) -> None:
        pieces = self._pieces_of_log(ended)
        try:
            take(pieces)
        except Exception as error:  # noqa: BLE001 - raised again where the trace was asked for
            failed.append(error)
        for _ in pieces:
            pass  # otherwise the emulator would wait for a reader

    def _pieces_of_log(self, ended: threading.Event) -> Iterator[bytes]:
        """Yield the log as it comes, until it has ended and nothing is left."""
        while True:
            last = ended.is_set()
            piece = self._read_log()
            if piece:
                yield piece
            elif last:
                return
            else:
                ended.wait(CHECK_EVERY_SECONDS)

    def _read_log(self) -> bytes:
        if not select.select([self._log], [], [], CHECK_EVERY_SECONDS)[0]:
            return b""
        try:
            return os.read(self._log, PIECE)
        except BlockingIOError:
            return b""

    def _arguments(self, folder: Path) -> list[str]:
        os.mkfifo(folder / LOG)
        # Without a reader the emulator would wait at its start.
        self._log = os.open(folder / LOG, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        return [
            *super()._arguments(folder),
            *("-chardev", f"socket,id=monitor,fd={self._inherited[0]}"),
            *("-mon", "chardev=monitor,mode=control", "-D", str(folder / LOG)),
            *("-device", f"pvpanic,ioport={STOP_PORT}", "-action", "panic=pause"),
        ]


class Monitor:
    """Controls QEMU by its protocol QMP."""

    def __init__(self, connection: socket.socket) -> None:
        """Use this connection."""
        self._connection = connection
        self._stream = connection.makefile("rwb")
        self._events: list[str] = []

    def greet(self) -> None:
        """Begin: QEMU accepts no command and reports no event before that."""
        self._receive()
        self.ask("qmp_capabilities")

    def ask(self, command: str, **arguments: str) -> Any:
        """Execute a command and return its result; raise EmulatorError where it is refused."""
        self._send({"execute": command, "arguments": arguments})
        while True:
            answer = self._receive()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise EmulatorError(f"refused {command}: {answer['error'].get('desc')}")

    def human(self, line: str) -> None:
        """Execute a command of the human monitor, which prints something only if it fails."""
        said = self.ask("human-monitor-command", **{"command-line": line})
        if said:
            raise EmulatorError(f"refused {line!r}: {' '.join(said.split())}")

    def wait_for(self, event: str, patience_seconds: float) -> None:
        """Wait until an event has happened, now or before."""
        self._connection.settimeout(patience_seconds)
        try:
            while event not in self._events:
                self._receive()
        finally:
            self._connection.settimeout(None)
        self._events.clear()

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
        self._connection.close()

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._stream.write(json.dumps(message).encode() + b"\n")
            self._stream.flush()
        except OSError as error:
            raise EmulatorError(f"closed its monitor ({error.strerror})") from error

    def _receive(self) -> dict[str, Any]:
        try:
            line = self._stream.readline()
        except TimeoutError as error:
            raise EmulatorError("did not stop where its trace ends") from error
        except OSError as error:
            raise EmulatorError(f"closed its monitor ({error.strerror})") from error
        if not line:
            raise EmulatorError("ended while it was traced")
        answer: dict[str, Any] = json.loads(line)
        if "event" in answer:
            self._events.append(answer["event"])
        return answer
