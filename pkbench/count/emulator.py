"""Run QEMU as a machine whose clock advances by one nanosecond with each instruction."""

import ctypes
import re
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

PROGRAM = "qemu-system-x86_64"
# Each repetition of a string instruction counts as an instruction. With these features the kernel
# clears a page byte by byte: 4,096 instructions instead of 512. No real CPU executes it like that.
UNWANTED_FEATURES = ("erms", "fsrm", "fzrm", "fsrs", "fsrc")
# Fixed, so that two boots execute the same instructions.
SEED = "1"
CLOCK = "base=2020-01-01T00:00:00,clock=vm"
COMMAND_LINE = "console=ttyS0 quiet panic=-1 nokaslr norandmaps random.trust_cpu=on iomem=relaxed"
CHECK_EVERY_SECONDS = 0.5
CONSOLE_PATIENCE = 2  # how many times as long a guest may write to its console only
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class EmulatorError(Exception):
    """There is no emulator, or the guest ended; the message says why in one sentence."""


class SilenceError(EmulatorError):
    """The guest has written nothing for too long."""


@dataclass(frozen=True)
class Options:
    """A user's options for a guest."""

    append: str = ""  # to the kernel's command line, such as `pti=on`
    cpu: str = ""  # to the CPU model, as QEMU's option -cpu takes it: `-la57,vendor=GenuineIntel`

    def __str__(self) -> str:
        """Return the options as they appear in a machine's name."""
        return ", ".join(text for text in (self.append, self.cpu) if text)


@dataclass(frozen=True)
class Emulator:
    """The QEMU of this host."""

    path: str
    version: str
    cpu: str  # the model, as QEMU's option -cpu takes it


def find(features: str = "") -> Emulator:
    """Find QEMU and choose the CPU model: all that it can emulate, without UNWANTED_FEATURES.

    `features` are added to the model, as QEMU's option -cpu takes them. Raise EmulatorError where
    QEMU is missing or the features are not valid.
    """
    if not re.fullmatch(r"[\w.+=,-]*", features, re.ASCII):
        raise EmulatorError(
            f"{features!r} is not a list of CPU features: a valid one is -la57,vendor=GenuineIntel"
        )
    path = shutil.which(PROGRAM)
    if path is None:
        raise EmulatorError(
            f"{PROGRAM} is missing: install qemu-system-x86 (Debian, Ubuntu) "
            "or qemu-system-x86-core (Fedora)"
        )
    version = re.search(r"version (\S+)", _ask(path, "--version"))
    known = set(_ask(path, "-cpu", "help").split())
    unwanted = [f"-{feature}" for feature in UNWANTED_FEATURES if feature in known]
    return Emulator(
        path, version[1] if version else "", ",".join(["max", *unwanted, *filter(None, [features])])
    )


def _ask(path: str, *arguments: str) -> str:
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise EmulatorError(f"{path} does not run: {done.stderr.strip() or done.returncode}")
    return done.stdout


def command_line(extra: str = "") -> str:
    """Return the kernel's command line with a user's `extra`, or raise EmulatorError."""
    if not extra.isprintable():
        raise EmulatorError(
            f"{extra!r} is not valid on a kernel's command line: a valid option is pti=on"
        )
    return f"{COMMAND_LINE} {extra}".strip()


def _die_with_parent() -> None:
    """Let the kernel kill this process when pkbench ends, even by kill -9."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Boot:
    """A guest that runs while the context lasts."""

    _inherited: tuple[int, ...] = ()  # open files that QEMU inherits

    def __init__(
        self, emulator: Emulator, kernel: Path, initramfs: bytes, memory_mib: int, append: str = ""
    ) -> None:
        """Prepare to boot; `append` goes on the kernel's command line."""
        self._emulator = emulator
        self._kernel = kernel
        self._initramfs = initramfs
        self._memory_mib = memory_mib
        self._command_line = command_line(append)

    def __enter__(self) -> Self:
        """Start QEMU."""
        self._folder = tempfile.TemporaryDirectory(prefix="pkbench-guest-")
        folder = Path(self._folder.name)
        self._console = folder / "console"
        self._errors = folder / "errors"
        self._console.touch()
        (folder / "initramfs").write_bytes(self._initramfs)
        with self._errors.open("wb") as errors:
            self._qemu = subprocess.Popen(
                self._arguments(folder),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                pass_fds=self._inherited,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - it makes one system call
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill QEMU, whatever has happened."""
        self._qemu.kill()
        self._qemu.wait()
        if self._qemu.stdout:
            self._qemu.stdout.close()
        self._folder.cleanup()

    def lines(self, patience_seconds: float) -> Iterator[str]:
        """Yield the guest's lines as they come, until it ends.

        Raise SilenceError if neither a line nor console output comes for `patience_seconds`, or
        only console output for CONSOLE_PATIENCE times as long: a kernel that hangs may complain
        about it forever.
        """
        if not self._qemu.stdout:
            return
        rest = b""
        for piece in self._pieces(self._qemu.stdout, patience_seconds):
            *lines, rest = (rest + piece).split(b"\n")
            yield from (line.decode(errors="replace").rstrip("\r") for line in lines)

    def console(self) -> str:
        """Return what the guest's kernel has written to its console so far."""
        return self._console.read_text(errors="replace")

    def error_message(self) -> str:
        """Return QEMU's own error messages, in one line."""
        return " ".join(self._errors.read_text(errors="replace").split())

    def _pieces(self, stream: IO[bytes], patience_seconds: float) -> Iterator[bytes]:
        seen, advanced = 0, time.monotonic()
        reported = advanced
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            while True:
                if selector.select(CHECK_EVERY_SECONDS):
                    piece = stream.read1(65536)  # type: ignore[attr-defined]
                    if not piece:
                        return
                    advanced = reported = time.monotonic()
                    yield piece
                elif time.monotonic() - reported > CONSOLE_PATIENCE * patience_seconds:
                    raise SilenceError(
                        f"reported nothing for {CONSOLE_PATIENCE * patience_seconds:.0f} seconds"
                    )
                elif self._console.stat().st_size != seen:
                    seen, advanced = self._console.stat().st_size, time.monotonic()
                elif time.monotonic() - advanced > patience_seconds:
                    raise SilenceError(f"wrote nothing for {patience_seconds:.0f} seconds")

    def _arguments(self, folder: Path) -> list[str]:
        return [
            self._emulator.path,
            *("-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none"),
            *("-accel", "tcg", "-icount", "shift=0,sleep=off"),
            *("-cpu", self._emulator.cpu, "-smp", "1", "-m", str(self._memory_mib)),
            *("-seed", SEED, "-rtc", CLOCK, "-no-reboot"),
            *("-serial", f"file:{self._console}", "-serial", "stdio"),
            *("-kernel", str(self._kernel), "-initrd", str(folder / "initramfs")),
            *("-append", self._command_line),
        ]
